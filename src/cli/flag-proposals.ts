import { minute } from './flags.ts'
import { previewLines, type Preview } from './flag-preview.ts'

export type ProposalRow = {
  readonly proposal: string
  readonly at: string
  readonly by: string
  readonly reason: string
  readonly flags: readonly string[]
  readonly agreed: readonly { readonly by: string }[]
  readonly would: readonly Preview[]
  readonly outdated: string | null
}

/** What is asked for at once, as a proposal. */
export const proposalOf = (flag: string, { reason, ...stand }: { readonly reason: string }): object => ({ flag, stand, reason })

export const proposedLine = ({ proposal, flags }: ProposalRow): string =>
  `proposed: ${flags.join(', ')}; others agree with \`threeways flag agree ${proposal}\``

export const proposalTable = (rows: readonly ProposalRow[]): readonly (readonly string[])[] => [
  ['PROPOSAL', 'SINCE', 'BY', 'FLAGS', 'AGREED', 'WHY'],
  ...rows.map(({ proposal, at, by, flags, agreed, reason }) => [
    proposal,
    minute(at),
    by,
    flags.join(', '),
    agreed.map((one) => one.by).join(', ') || 'nobody',
    reason,
  ]),
]

/** What each would change, or why it cannot any more. */
export const proposalLines = ({ proposal, would, outdated }: ProposalRow): readonly string[] =>
  outdated === null
    ? [`${proposal} would change`, ...would.flatMap(previewLines).map((line) => `  ${line}`)]
    : [
        `${proposal} is outdated: ${outdated}`,
        `  propose it anew, and turn this one down: threeways flag turn-down ${proposal} --reason WHY`,
      ]
