import { object, optional, text } from '../../kernel/json-schema.ts'
import { ownEvent, standardEvent } from '../../ledger/event.ts'

const place = object({ id: text('stream/environment'), source: optional(text('who runs it')) })
const deployed = object({ environment: place, artifactId: text('package URL of the candidate') })
const custom = object({
  stream: text('the value stream'),
  stage: optional(text('the stage')),
  candidate: text('digest of the candidate that serves now'),
  commit: text('its commit'),
  run: text('the delivery'),
  strategy: text('how it was deployed'),
  previous: optional(text('digest of the candidate that served before')),
  reason: optional(text('why')),
})

export const serviceDeployed = standardEvent(
  'service.deployed.0.3.0',
  'A service runs in an environment for the first time. Subject: the service',
  deployed,
  custom,
)
export const serviceUpgraded = standardEvent(
  'service.upgraded.0.3.0',
  'A service runs another candidate. Subject: the service',
  deployed,
  custom,
)
export const serviceRolledBack = standardEvent(
  'service.rolledback.0.3.0',
  'A service runs an earlier candidate again. Subject: the service',
  deployed,
  custom,
)
export const serviceRemoved = standardEvent(
  'service.removed.0.3.0',
  'A service no longer runs in an environment. Subject: the service',
  object({ environment: optional(place) }),
  object({ stream: text('the value stream'), run: optional(text('the delivery')) }),
)

const held = {
  stream: text('the value stream'),
  stage: text('the stage'),
  candidate: text('digest of the candidate'),
  commit: text('its commit'),
}

/** Subject of both: stream/stage/candidate. */
export const holdPlaced = ownEvent(
  'hold.placed',
  'A candidate was rolled back and is not promoted into this stage again by itself',
  object({ ...held, reason: text('what failed'), run: text('the delivery') }),
)
export const holdLifted = ownEvent(
  'hold.lifted',
  'A candidate is no longer held: a person said why, or promoted a newer one',
  object({
    ...held,
    by: text('who'),
    reason: text('why'),
    newer: optional(text('digest of the candidate that a person promoted since, where that lifted it')),
  }),
)
