import { buildCommand } from '@stricli/core'
import { connectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import type { TeamBoardFlags } from '../team-board.ts'
import { windowFlags } from './flow-board.ts'
import { csvFlag, jsonFlag } from './flow.ts'

export const teamBoardCommand = buildCommand<TeamBoardFlags, [], CliContext>({
  loader: async () => (await import('../team-board.ts')).teams,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      csv: csvFlag,
      ...windowFlags,
      since: { ...windowFlags.since, brief: 'what happened from this day on, or this moment' },
    },
  },
  docs: { brief: 'Show how the value streams of each team flow, and what holds its slowest one up' },
})
