import { flag, object, optional, text } from '../../kernel/json-schema.ts'
import { standardEvent } from '../../ledger/event.ts'

const content = object({ name: optional(text('its name in the definition')), uri: optional(text('names it')) })
const custom = object({
  stream: text('the value stream'),
  provider: text('what it runs on: process'),
  settings: text('the key of `environments` in the definition that it is an instance of'),
  by: optional(text('who asked for it')),
  ephemeral: flag('made for one delivery or one person, and destroyed after'),
})

/** Subject: stream/environment. */
export const environmentCreated = standardEvent(
  'environment.created.0.3.0',
  'An environment was made from its definition. Subject: stream/environment',
  content,
  custom,
)
export const environmentDeleted = standardEvent(
  'environment.deleted.0.3.0',
  'An environment was destroyed: nothing of it is left. Subject: stream/environment',
  content,
  custom,
)
