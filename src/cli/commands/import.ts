import { buildCommand, buildRouteMap } from '@stricli/core'
import { connectFlags, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { jsonFlag } from './flow.ts'

const csv = buildCommand<ConnectFlags & { map: string; skipBad: boolean; json: boolean }, [string], CliContext>({
  loader: async () => (await import('../import.ts')).importCsv,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      skipBad: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'leave rows out that make no sense, and list them, instead of stopping there',
      },
      map: { kind: 'parsed', parse: String, brief: 'what the columns mean; docs/history.md', placeholder: 'map.yaml' },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'a table with a header, also as .csv.gz; - for standard input', placeholder: 'file', parse: String }],
    },
  },
  docs: { brief: 'Record the deployments and gate switches that the rows of a table tell' },
})

export const importRoutes = buildRouteMap({
  routes: { csv },
  docs: { brief: 'Bring in what was delivered before Threeways, or beside it' },
})
