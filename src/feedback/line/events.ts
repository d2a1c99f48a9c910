import { object, oneOf, optional, text } from '../../kernel/json-schema.ts'
import { ownEvent } from '../../ledger/event.ts'

const stream = text('the value stream')

/** Someone, or the line itself, pulled the cord. Subject: the stop's id. */
export const lineStopped = ownEvent(
  'line.stopped',
  'The line was stopped: until it starts again nothing is promoted but the change that says it fixes this stop',
  object({
    stream,
    reason: text('why, in a sentence'),
    by: text('who pulled the cord; `threeways` when the line stopped itself'),
    cause: oneOf(['person', 'rollback', 'red-trunk'], 'what kind of stop it is'),
    run: optional(text('the delivery that caused it')),
    stage: optional(text('where it failed; there its fix must prove itself')),
    candidate: optional(text('the candidate that caused it')),
    commit: optional(text('the change that caused it')),
  }),
)

/** One stop is over. Subject: the stop's id. */
export const lineStarted = ownEvent(
  'line.started',
  'A stop is over: by a person with a reason, or because the change that fixes it was verified where it had failed',
  object({
    stream,
    reason: text('why it may move again'),
    by: text('who started it; `threeways` when a verified fix did'),
    fix: optional(text('the commit that fixed it')),
  }),
)
