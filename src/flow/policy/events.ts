import { digest, integer, object, text } from '../../kernel/json-schema.ts'
import { ownEvent } from '../../ledger/event.ts'

/**
 * Subject: `policy`. The text is kept beside the ledger: it names people's addresses, which a ledger never forgets, and rights
 * must not travel with an imported one.
 */
export const policySet = ownEvent(
  'policy.set',
  "The server's policy was changed: who may approve, bypass, lift holds, and whether automation may promote",
  object({
    version: integer('counts from 1'),
    digest: digest('of the text'),
    by: text('who'),
    reason: text('why'),
  }),
)
