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
      type: { kind: 'parsed', parse: String, optional: true, brief: 'only this type' },
      run: { kind: 'parsed', parse: String, optional: true, brief: 'only of this run' },
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

export const ledgerRoutes = buildRouteMap({
  routes: { export: exporting, import: importing, rebuild: rebuilding },
  docs: { brief: 'Back up, restore and rebuild the ledger' },
})
