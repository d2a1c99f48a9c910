import { object, oneOf, optional, text } from '../../../kernel/json-schema.ts'
import { ownEvent } from '../../../ledger/event.ts'

const stream = text('the value stream')

/** Subject: stream/environment. */
export const environmentExtended = ownEvent(
  'environment.extended',
  'Until when an environment lives was set. Subject: stream/environment',
  object({ stream, until: text('instant after which it is destroyed; empty: it lives until somebody destroys it'), by: text('who') }),
)

/** Subject: stream/environment. */
export const environmentExpiring = ownEvent(
  'environment.expiring',
  'An environment will be destroyed soon, unless somebody extends its life. Subject: stream/environment',
  object({ stream, until: text('the instant') }),
)

/** Subject: stream/environment. */
export const environmentSlept = ownEvent(
  'environment.slept',
  'The processes of an environment were ended; its data, ports and addresses stay. Subject: stream/environment',
  object({
    stream,
    why: oneOf(['idle', 'asked'], 'nobody asked anything of it for so long, or somebody wanted it so'),
    by: optional(text('who')),
  }),
)

/** Subject: stream/environment. */
export const environmentWoke = ownEvent(
  'environment.woke',
  'An environment that slept runs again. Subject: stream/environment',
  object({
    stream,
    why: oneOf(['request', 'asked'], 'a request or a deployment came, or somebody wanted it so'),
    by: optional(text('who')),
  }),
)
