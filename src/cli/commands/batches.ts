import { buildCommand } from '@stricli/core'
import { connectFlags } from '../api.ts'
import type { BatchesFlags } from '../batches-board.ts'
import type { CliContext } from '../context.ts'
import { oneStream, windowFlags } from './flow-board.ts'
import { teamFlag } from './team.ts'
import { csvFlag, jsonFlag } from './flow.ts'

export const batchesCommand = buildCommand<BatchesFlags, [string?], CliContext>({
  loader: async () => (await import('../batches-board.ts')).batches,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      csv: csvFlag,
      ...windowFlags,
      team: teamFlag,
      since: { ...windowFlags.since, brief: 'deployed from this day on, or this moment' },
    },
    positional: oneStream('one value stream [default: all of them together]'),
  },
  docs: { brief: 'Show whether larger deployments fail more often' },
})
