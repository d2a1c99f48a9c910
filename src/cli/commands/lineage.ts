import { buildCommand } from '@stricli/core'
import { connectFlags, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { windowFlags } from './flow-board.ts'
import { csvFlag, jsonFlag, positional, streamFlag } from './flow.ts'

export const lineageCommand = buildCommand<
  ConnectFlags & { json: boolean; csv: boolean; stream?: string; asOf?: string },
  [string],
  CliContext
>({
  loader: async () => (await import('../lineage.ts')).lineage,
  parameters: {
    flags: { ...connectFlags, json: jsonFlag, csv: csvFlag, stream: streamFlag, asOf: windowFlags.asOf },
    positional: { kind: 'tuple', parameters: [positional('its name, or seven digits of it', 'commit')] },
  },
  docs: { brief: 'Show where a commit is: which deployment first carried it to each environment, and what is still to come' },
})
