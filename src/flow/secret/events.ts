import { integer, object, oneOf, optional, text } from '../../kernel/json-schema.ts'
import { ownEvent } from '../../ledger/event.ts'

const stream = text('the value stream')
const secret = text('its name')
const environment = optional(text('the environment it is for; missing: all that have no value of their own'))
const by = text('who')

/** Subject: `<stream>/<name>`. Values never stand on the ledger. */
export const secretSet = ownEvent(
  'secret.set',
  'A secret was given a value',
  object({ stream, secret, environment, version: integer('counts from 1'), by }),
)

export const secretRemoved = ownEvent('secret.removed', 'The value of a secret was removed', object({ stream, secret, environment, by }))

export const secretLeaked = ownEvent(
  'secret.leaked',
  'A program was about to write a secret into its log; `***name***` was written instead. Subject: `<stream>/<name>`',
  object({
    stream,
    secret,
    kind: oneOf(['service', 'build', 'check'], 'what kind of program'),
    program: text('the service, the check, or the command of the build'),
    environment: optional(text('the environment where the service runs')),
    candidate: optional(text('digest of the candidate')),
    run: optional(text('the delivery')),
    author: optional(text("who wrote the candidate's commit")),
  }),
)

/** Subject: id of the new key, from which it cannot be had. */
export const secretKeyRotated = ownEvent(
  'secret.key-rotated',
  'Every secret was sealed anew with another key',
  object({ secrets: integer('how many values'), by, reason: text('why') }),
)
