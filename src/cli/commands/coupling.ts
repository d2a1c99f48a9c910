import { buildCommand } from '@stricli/core'
import { connectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import type { CouplingFlags } from '../coupling-board.ts'
import { windowFlags } from './flow-board.ts'
import { teamFlag } from './team.ts'
import { count, csvFlag, jsonFlag } from './flow.ts'

const stream = (brief: string) => ({ brief, placeholder: 'stream', parse: String, optional: true }) as const

export const couplingCommand = buildCommand<CouplingFlags, [string?, string?], CliContext>({
  loader: async () => (await import('../coupling-board.ts')).coupling,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      csv: csvFlag,
      ...windowFlags,
      team: teamFlag,
      since: { ...windowFlags.since, brief: 'deployed from this day on, or this moment' },
      days: { kind: 'parsed', parse: count, optional: true, brief: 'length of the window where --since is not said [default: 90]' },
      by: {
        kind: 'enum',
        values: ['deployment', 'change', 'work'],
        optional: true,
        brief:
          'change: touched by one change of a shared repository; work: across repositories, by changes that name one ticket, issue or request, or each other [default: deployment]',
      },
      minutes: { kind: 'parsed', parse: count, optional: true, brief: 'so near each other is together [default: 30]' },
    },
    positional: {
      kind: 'tuple',
      parameters: [stream('with another: the pieces of work that touched both, with the changes of each'), stream('the other')],
    },
  },
  docs: { brief: 'Show which value streams are deployed, or changed, together more often than by chance' },
})
