import { buildCommand, buildRouteMap } from '@stricli/core'
import { connectFlags, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { jsonFlag, streamFlag } from './flow.ts'

type Common = ConnectFlags & { readonly json: boolean }
export type ScopeFlags = Common & { readonly stream?: string; readonly environment?: string }

const named = {
  kind: 'tuple',
  parameters: [{ brief: 'its name, as the definition declares it', placeholder: 'name', parse: String }],
} as const
const scope = {
  ...connectFlags,
  json: jsonFlag,
  stream: streamFlag,
  environment: {
    kind: 'parsed',
    parse: String,
    optional: true,
    brief: 'for this environment of threeways.yaml only [default: all that have no value of their own]',
  },
} as const

const set = buildCommand<ScopeFlags, [string], CliContext>({
  loader: async () => (await import('../secrets.ts')).set,
  parameters: { flags: scope, positional: named },
  docs: {
    brief: 'Give a secret a value, read from standard input or asked for',
    fullDescription: [
      'Give a secret a value, read from standard input or, on a terminal, asked for and not shown.',
      'A value is never an argument: everybody on a machine can see those. The line end after a value of one line is no part of it.',
      '',
      '  openssl rand -base64 24 | threeways secret set session-key',
      '  threeways secret set tls-key --environment production < key.pem',
    ].join('\n'),
  },
})

const list = buildCommand<Common & { stream?: string }, [], CliContext>({
  loader: async () => (await import('../secrets.ts')).list,
  parameters: { flags: { ...connectFlags, json: jsonFlag, stream: { ...streamFlag, brief: 'only of this value stream' } } },
  docs: { brief: 'List secrets: who set which version when; equal fingerprints are equal values' },
})

const remove = buildCommand<ScopeFlags, [string], CliContext>({
  loader: async () => (await import('../secrets.ts')).remove,
  parameters: { flags: scope, positional: named },
  docs: { brief: 'Remove the value of a secret; what runs keeps it until it ends' },
})

const rotateKey = buildCommand<Common & { reason: string }, [], CliContext>({
  loader: async () => (await import('../secrets.ts')).rotateKey,
  parameters: {
    flags: { ...connectFlags, json: jsonFlag, reason: { kind: 'parsed', parse: String, brief: 'why; kept on the ledger' } },
  },
  docs: { brief: 'Seal every value with a new key, and forget the old one' },
})

export const secretRoutes = buildRouteMap({
  routes: { set, ls: list, rm: remove, 'rotate-key': rotateKey },
  docs: { brief: 'Secrets of services, builds and checks: values go in, never out' },
})
