import { buildCommand } from '@stricli/core'
import { connectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import type { KeysFlags } from '../keys-board.ts'
import { oneStream, windowFlags } from './flow-board.ts'
import { teamFlag } from './team.ts'
import { csvFlag, jsonFlag } from './flow.ts'

export const keysCommand = buildCommand<KeysFlags, [string?], CliContext>({
  loader: async () => (await import('../keys-board.ts')).keys,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      csv: csvFlag,
      ...windowFlags,
      team: teamFlag,
      since: { ...windowFlags.since, brief: 'what happened from this day on, or this moment' },
      rows: { kind: 'boolean', default: false, withNegated: false, brief: 'also the deployments and failures behind them; with a stream' },
    },
    positional: oneStream('one value stream in full [default: all of them in a row each]'),
  },
  docs: { brief: 'Show the five DORA keys: how often, how fast, how many fail, how long until they are mended, how much is rework' },
})
