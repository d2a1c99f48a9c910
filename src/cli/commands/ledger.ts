import { buildCommand, buildRouteMap } from '@stricli/core'
import { connectFlags, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { count, jsonFlag } from './flow.ts'

const homeFlag = { home: connectFlags.home }
const file = { brief: 'file; - for standard output or input', placeholder: 'file', parse: String } as const

export const eventsCommand = buildCommand<
  ConnectFlags & { json: boolean; follow: boolean; limit: number; type?: string; run?: string },
  [],
  CliContext
>({
  loader: async () => (await import('../ledger.ts')).events,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      follow: { kind: 'boolean', default: false, withNegated: false, brief: 'go on with what comes' },
      limit: { kind: 'parsed', parse: count, default: '50', brief: 'how many of the latest' },
      type: { kind: 'parsed', parse: String, optional: true, brief: 'only this type, as it is printed or in full', placeholder: 'type' },
      run: { kind: 'parsed', parse: String, optional: true, brief: 'only of this delivery', placeholder: 'run' },
    },
    aliases: { f: 'follow', n: 'limit' },
  },
  docs: { brief: 'Show events of the ledger' },
})

const exporting = buildCommand<{ home?: string }, [string], CliContext>({
  loader: async () => (await import('../ledger.ts')).exportTo,
  parameters: { flags: homeFlag, positional: { kind: 'tuple', parameters: [file] } },
  docs: { brief: 'Write the whole ledger as JSON lines: the backup, and the way to another version' },
})

const importing = buildCommand<{ home?: string }, [string], CliContext>({
  loader: async () => (await import('../ledger.ts')).importFrom,
  parameters: { flags: homeFlag, positional: { kind: 'tuple', parameters: [file] } },
  docs: { brief: 'Record the events of an export; what is there already stays' },
})

const rebuilding = buildCommand<{ home?: string; check: boolean }, [], CliContext>({
  loader: async () => (await import('../ledger.ts')).rebuild,
  parameters: {
    flags: { ...homeFlag, check: { kind: 'boolean', default: false, withNegated: false, brief: 'only compare; change nothing' } },
  },
  docs: { brief: 'Make every projection anew from the events' },
})

const several = (brief: string, placeholder: string) =>
  ({ kind: 'parsed', parse: String, optional: true, variadic: true, brief, placeholder }) as const

const verifying = buildCommand<
  { home?: string; json: boolean; script: boolean; key?: readonly string[]; against?: readonly string[] },
  [string?],
  CliContext
>({
  loader: async () => (await import('../ledger-proof.ts')).verify,
  parameters: {
    flags: {
      ...homeFlag,
      json: jsonFlag,
      script: { kind: 'boolean', default: false, withNegated: false, brief: 'print the script that does this with Node alone' },
      key: several('public key that is trusted, or a file of them [default: what the file names]', 'key'),
      against: several('older export or checkpoint that was kept elsewhere', 'file'),
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'an export or a proof [default: the ledger itself]', placeholder: 'file', parse: String, optional: true }],
    },
  },
  docs: { brief: 'Check that every event is as it was signed, and name the first that is not' },
})

const checkpoint = buildCommand<ConnectFlags & { json: boolean }, [], CliContext>({
  loader: async () => (await import('../ledger-proof.ts')).checkpoint,
  parameters: { flags: { ...connectFlags, json: jsonFlag } },
  docs: { brief: 'Sign what the ledger holds now; keep the note elsewhere' },
})

const proving = buildCommand<ConnectFlags, [string], CliContext>({
  loader: async () => (await import('../ledger-proof.ts')).prove,
  parameters: {
    flags: connectFlags,
    positional: { kind: 'tuple', parameters: [{ brief: 'id or number of the event', placeholder: 'event', parse: String }] },
  },
  docs: { brief: 'Print the proof that one event is in the ledger' },
})

const listingKeys = buildCommand<ConnectFlags & { json: boolean }, [], CliContext>({
  loader: async () => (await import('../ledger-proof.ts')).listKeys,
  parameters: { flags: { ...connectFlags, json: jsonFlag } },
  docs: { brief: 'Print the public keys, oldest first' },
})

const rotating = buildCommand<ConnectFlags & { json: boolean; reason: string }, [], CliContext>({
  loader: async () => (await import('../ledger-proof.ts')).rotate,
  parameters: { flags: { ...connectFlags, json: jsonFlag, reason: { kind: 'parsed', parse: String, brief: 'why; kept on the ledger' } } },
  docs: { brief: 'Have a new key sign from now on; the old one vouches for it' },
})

export const ledgerRoutes = buildRouteMap({
  routes: {
    export: exporting,
    import: importing,
    rebuild: rebuilding,
    verify: verifying,
    checkpoint,
    prove: proving,
    key: buildRouteMap({ routes: { list: listingKeys, rotate: rotating }, docs: { brief: 'The keys that sign' } }),
  },
  docs: { brief: 'Back up, restore, rebuild and verify the ledger' },
})
