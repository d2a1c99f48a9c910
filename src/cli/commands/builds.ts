import { buildCommand } from '@stricli/core'
import { connectFlags } from '../api.ts'
import type { BuildsFlags } from '../builds-board.ts'
import type { CliContext } from '../context.ts'
import { oneStream, windowFlags } from './flow-board.ts'
import { teamFlag } from './team.ts'
import { csvFlag, jsonFlag } from './flow.ts'

const { to: _, ...window } = windowFlags

export const buildsCommand = buildCommand<BuildsFlags, [string?], CliContext>({
  loader: async () => (await import('../builds-board.ts')).builds,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      csv: csvFlag,
      ...window,
      team: teamFlag,
      since: { ...window.since, brief: 'asked for from this day on, or this moment' },
    },
    positional: oneStream('one value stream [default: all of them together]'),
  },
  docs: { brief: 'Show how long pipelines and jobs wait and last, how they end, and which are run again' },
})
