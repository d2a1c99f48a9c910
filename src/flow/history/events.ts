import { flag, object, oneOf, optional, text } from '../../kernel/json-schema.ts'
import { ownEvent } from '../../ledger/event.ts'

/** Subject: stream/environment. */
export const gateSwitched = ownEvent(
  'gate.switched',
  'Somebody switched whether changes go by themselves into an environment, or onwards from it',
  object({
    stream: text('the value stream'),
    environment: text('name of the environment'),
    way: oneOf(['into', 'onwards'], 'into: what comes to this environment. onwards: what leaves it for the next'),
    open: flag('changes go by themselves'),
    by: optional(text('who')),
  }),
)

/** Subject: stream/environment. CDEvents knows only of deployments that succeeded. */
export const deploymentFailed = ownEvent(
  'deployment.failed',
  'A version was to come to an environment, and did not come to run there',
  object({
    stream: text('the value stream'),
    environment: text('name of the environment'),
    version: text('what was to run'),
    commit: optional(text('its commit')),
    by: optional(text('who')),
  }),
)
