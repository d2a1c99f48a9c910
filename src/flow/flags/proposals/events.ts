import { object, text, type Schema } from '../../../kernel/json-schema.ts'
import { ownEvent } from '../../../ledger/event.ts'
import type { Wish } from '../policy.ts'

/** A change of flags that others have to agree to. */
export type Proposed =
  | {
      readonly kind: 'set'
      readonly files: readonly { readonly document: string; readonly file: string }[]
      /** Names of the flags in them; what was proposed before they were told has none. */
      readonly flags?: readonly string[]
      /** Left out: `file`. */
      readonly origin?: 'file' | 'api'
      /** Of each flag the revision that was seen, or of all. */
      readonly expected?: number | Readonly<Record<string, number>> | undefined
      readonly over: boolean
      readonly rebucket: boolean
      readonly unready: boolean
    }
  | {
      readonly kind: 'stand'
      readonly flag: string
      readonly wish: Wish
      readonly expected: number
      readonly rebucket: boolean
      readonly unready: boolean
    }

const proposal = text('its name', { maxLength: 64 })

/** Subject: the proposal. */
export const flagsProposed = ownEvent(
  'flags.proposed',
  'Somebody proposed a change of flags that others have to agree to',
  object({
    proposal,
    by: text('who'),
    reason: text('why'),
    change: { json: { type: 'object', description: 'what would be published' } } as Schema<Proposed>,
  }),
)

/** Subject: the proposal. */
export const flagsAgreed = ownEvent(
  'flags.agreed',
  'Somebody agreed to a change of flags',
  object({ proposal, by: text('who'), reason: text('what they said; may be empty') }),
)

/** Subject: the proposal. It is published, or nobody wants it any more. */
export const proposalClosed = ownEvent(
  'flags.closed',
  'A proposed change of flags was published or turned down',
  object({
    proposal,
    published: { json: { type: 'boolean', description: 'false: it was turned down' } } as Schema<boolean>,
    by: text('who'),
    reason: text('why'),
  }),
)
