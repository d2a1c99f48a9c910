import { buildCommand, buildRouteMap } from '@stricli/core'
import { connectFlags, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import type { VerifyFlags } from '../provenance.ts'
import { jsonFlag, positional } from './flow.ts'

const show = buildCommand<ConnectFlags & { readonly json: boolean }, [string], CliContext>({
  loader: async () => (await import('../provenance.ts')).show,
  parameters: {
    flags: { ...connectFlags, json: jsonFlag },
    positional: { kind: 'tuple', parameters: [positional("the candidate's digest", 'candidate')] },
  },
  docs: { brief: 'Show what was signed about a candidate; --json writes the bundle that verify reads' },
})

const verify = buildCommand<VerifyFlags, [string], CliContext>({
  loader: async () => (await import('../provenance.ts')).verify,
  parameters: {
    flags: {
      json: jsonFlag,
      key: {
        kind: 'parsed',
        parse: String,
        optional: true,
        variadic: true,
        brief: 'public key that is trusted, or a file of them',
        placeholder: 'key',
      },
      artifact: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'folder of the files that were built, to compare',
        placeholder: 'folder',
      },
    },
    positional: { kind: 'tuple', parameters: [positional('what `show --json` wrote', 'bundle')] },
  },
  docs: { brief: 'Check a bundle without any server, and name what does not hold' },
})

export const provenanceRoutes = buildRouteMap({
  routes: { show, verify },
  docs: { brief: 'How candidates were built and what is in them, signed' },
})
