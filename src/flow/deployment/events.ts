import { flag, integer, list, number, object, oneOf, optional, text } from '../../kernel/json-schema.ts'
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

/** Subject of both: stream/stage/candidate. */
const canaried = { ...held, run: text('the delivery') }

export const canaryJudged = ownEvent(
  'canary.judged',
  'A canary was compared with a baseline of its own age, and something followed. Subject: stream/stage/candidate',
  object({
    ...canaried,
    baseline: text('digest of the candidate it was compared with, which was started again at the same moment'),
    percent: integer('share of new requests that each of the two got'),
    look: integer('which look it was, from 1; greater than `looks` when it waited for a person or its server was killed'),
    looks: integer('looks that were planned, by which each of them is made stricter'),
    verdict: oneOf(['pass', 'fail', 'inconclusive'], 'what the judge says'),
    why: text('in a sentence'),
    follows: oneOf(['next-step', 'pause', 'back'], 'pause: until a person decides. back: all traffic to what served before'),
    measured: object(
      {
        canary: object({ requests: integer('that ended'), errors: integer('5xx, broken off or not answered') }),
        baseline: object({ requests: integer('that ended'), errors: integer('5xx, broken off or not answered') }),
      },
      'since the step began',
    ),
    metrics: list(
      object({
        name: text('error_rate, p50_ms, p95_ms or p99_ms'),
        critical: flag('worse in this one alone is enough to fail'),
        verdict: oneOf(['pass', 'fail', 'inconclusive', 'no-data'], 'what the judge says of this metric'),
        canary: optional(number('its value, where there is one')),
        baseline: optional(number('its value, where there is one')),
        p: optional(number('how likely so large a difference is by chance, one-sided')),
        effect: optional(number('difference of the error rates, or Cliff’s delta of the times')),
        why: text('in a sentence'),
      }),
      'one for each that was asked for',
    ),
  }),
)

export const canaryContinued = ownEvent(
  'canary.continued',
  'A person let a canary go on that could not be judged. Subject: stream/stage/candidate',
  object({ ...canaried, by: text('who'), reason: text('why') }),
)
