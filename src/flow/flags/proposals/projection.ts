import { first, min, projection, type Row } from '../../../ledger/projection.ts'
import { flagsAgreed, flagsProposed, proposalClosed } from './events.ts'

/** Every proposed change of flags. */
export const flagProposals = projection({
  table: 'flag_proposal',
  key: ['proposal'],
  columns: {
    at: min.text,
    by: first.text,
    reason: first.text,
    change: first.json,
    closed: min.text,
    published: first.boolean,
    closedBy: first.text,
    closedReason: first.text,
  },
})
  .on(flagsProposed, ({ time, content: { proposal, by, reason, change } }) => [{ proposal, at: time, by, reason, change }])
  .on(proposalClosed, ({ time, content: { proposal, published, by, reason } }) => [
    { proposal, closed: time, published, closedBy: by, closedReason: reason },
  ])

/** Who agreed to it. */
export const flagAgreements = projection({
  table: 'flag_agreement',
  key: ['proposal', 'by'],
  columns: { at: min.text, reason: first.text },
}).on(flagsAgreed, ({ time, content: { proposal, by, reason } }) => [{ proposal, by, at: time, reason }])

export type FlagProposalRow = Row<typeof flagProposals>
