import { buildCommand, buildRouteMap } from '@stricli/core'
import { connectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import type { AttributeFlags, ListFlags } from '../incidents.ts'
import { windowFlags } from './flow-board.ts'
import { csvFlag, jsonFlag, positional, streamFlag } from './flow.ts'
import { teamFlag } from './team.ts'

const ls = buildCommand<ListFlags, [], CliContext>({
  loader: async () => (await import('../incidents.ts')).list,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      csv: csvFlag,
      ...windowFlags,
      team: teamFlag,
      since: { ...windowFlags.since, brief: 'detected from this day on, or this moment' },
    },
  },
  docs: { brief: 'List what failed, and how likely each deployment before it caused it' },
})

const attribute = buildCommand<AttributeFlags, [string, string], CliContext>({
  loader: async () => (await import('../incidents.ts')).attribute,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      stream: streamFlag,
      environment: { kind: 'parsed', parse: String, optional: true, brief: 'its environment, where there are several of that name' },
      reason: { kind: 'parsed', parse: String, brief: 'why; kept on the ledger' },
    },
    positional: {
      kind: 'tuple',
      parameters: [
        positional('the incident', 'incident'),
        positional('the deployment, or its version; "none": it came of none of them', 'deployment'),
      ],
    },
  },
  docs: { brief: 'Say which deployment an incident came of: a person knows better than any probability' },
})

export const incidentRoutes = buildRouteMap({ routes: { ls, attribute }, docs: { brief: 'What failed, and what it came of' } })
