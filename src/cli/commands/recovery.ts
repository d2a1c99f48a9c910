import { buildCommand } from '@stricli/core'
import { connectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import type { RecoveryFlags } from '../recovery-board.ts'
import { oneStream, windowFlags } from './flow-board.ts'
import { teamFlag } from './team.ts'
import { csvFlag, jsonFlag } from './flow.ts'

export const recoveryCommand = buildCommand<RecoveryFlags, [string?], CliContext>({
  loader: async () => (await import('../recovery-board.ts')).recovery,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      csv: csvFlag,
      ...windowFlags,
      team: teamFlag,
      since: { ...windowFlags.since, brief: 'what began to fail from this day on, or this moment' },
      rows: { kind: 'boolean', default: false, withNegated: false, brief: 'also each failure with its moments; with a stream' },
    },
    positional: oneStream('one value stream in full [default: all of them in a row each]'),
  },
  docs: { brief: 'Show how failures are mended: from the deployment that they came of over detected and recovered until they are over' },
})
