import { buildCommand, buildRouteMap } from '@stricli/core'
import { parseDuration } from '../../kernel/duration.ts'
import { connectFlags, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { count, jsonFlag } from './flow.ts'

type Common = ConnectFlags & { readonly json: boolean }
const flags = { ...connectFlags, json: jsonFlag }
const named = (placeholder: string, brief = 'its name, or stream/name') => ({ placeholder, brief, parse: String }) as const
const one = { kind: 'tuple', parameters: [named('environment')] } as const

const up = buildCommand<Common & { name?: string; revision: string; repository?: string; ttl?: number }, [string], CliContext>({
  loader: async () => (await import('../environments.ts')).up,
  parameters: {
    flags: {
      ...flags,
      name: { kind: 'parsed', parse: String, optional: true, brief: 'what to call it [default: my-<settings>]' },
      revision: { kind: 'parsed', parse: String, default: 'HEAD', brief: 'the commit to run' },
      repository: { kind: 'parsed', parse: String, optional: true, brief: 'folder of the repository [default: this one]' },
      ttl: {
        kind: 'parsed',
        parse: parseDuration,
        optional: true,
        brief: 'it is destroyed after so long, 4h [default: as the definition says]',
      },
    },
    positional: { kind: 'tuple', parameters: [named('settings', 'key of `environments` in threeways.yaml')] },
  },
  docs: { brief: 'Bring up an environment of your own, like one of the definition' },
})

const ls = buildCommand<Common, [], CliContext>({
  loader: async () => (await import('../environments.ts')).list,
  parameters: { flags },
  docs: { brief: 'List environments, their services and addresses' },
})

const show = buildCommand<Common, [string], CliContext>({
  loader: async () => (await import('../environments.ts')).show,
  parameters: { flags, positional: one },
  docs: { brief: 'Show one environment: services, addresses, and what has drifted since when' },
})

const heal = buildCommand<Common, [string], CliContext>({
  loader: async () => (await import('../environments.ts')).heal,
  parameters: { flags, positional: one },
  docs: { brief: 'Put right what has drifted, as it was made; data is never touched' },
})

const sleep = buildCommand<Common & { untilWoken: boolean }, [string], CliContext>({
  loader: async () => (await import('../environment-life.ts')).sleep,
  parameters: {
    flags: {
      ...flags,
      untilWoken: { kind: 'boolean', default: false, withNegated: false, brief: 'no request wakes it, only `env wake` or a deployment' },
    },
    positional: one,
  },
  docs: { brief: 'End its processes; data and addresses stay, and the first request wakes it' },
})

const wake = buildCommand<Common, [string], CliContext>({
  loader: async () => (await import('../environment-life.ts')).wake,
  parameters: { flags, positional: one },
  docs: { brief: 'Start what sleeps, and wait until it is ready' },
})

const backups = buildCommand<Common, [string], CliContext>({
  loader: async () => (await import('../backups.ts')).backups,
  parameters: { flags, positional: one },
  docs: { brief: 'List the backups of its databases, made before each migration' },
})

const restore = buildCommand<Common & { backup: string }, [string], CliContext>({
  loader: async () => (await import('../backups.ts')).restore,
  parameters: { flags: { ...flags, backup: { kind: 'parsed', parse: String, brief: 'id of the backup' } }, positional: one },
  docs: { brief: 'Bring a database back to a backup; what it is now becomes a backup itself' },
})

const lifetime = (text: string) => (text === 'never' ? null : parseDuration(text))
const extend = buildCommand<Common & { ttl: number | null }, [string], CliContext>({
  loader: async () => (await import('../environment-life.ts')).extend,
  parameters: {
    flags: { ...flags, ttl: { kind: 'parsed', parse: lifetime, brief: 'how long from now, 4h; never: it stays' } },
    positional: one,
  },
  docs: { brief: 'Set how long an environment of your own lives' },
})

const logs = buildCommand<Common & { service?: string; lines: number; follow: boolean }, [string], CliContext>({
  loader: async () => (await import('../environments.ts')).logs,
  parameters: {
    flags: {
      ...flags,
      service: { kind: 'parsed', parse: String, optional: true, brief: 'only this service' },
      lines: { kind: 'parsed', parse: count, default: '100', brief: 'how many of the latest' },
      follow: { kind: 'boolean', default: false, withNegated: false, brief: 'go on with what comes' },
    },
    positional: one,
    aliases: { f: 'follow', n: 'lines' },
  },
  docs: { brief: 'Print what its services write' },
})

const exec = buildCommand<Common, [string, string, ...string[]], CliContext>({
  loader: async () => (await import('../environments.ts')).exec,
  parameters: {
    flags,
    positional: {
      kind: 'array',
      parameter: { brief: 'the environment, the service, then the command', placeholder: 'word', parse: String },
      minimum: 3,
    },
  },
  docs: { brief: 'Run a command beside a service, with its variables: env exec <environment> <service> -- <command…>' },
})

const diff = buildCommand<Common, [string, string], CliContext>({
  loader: async () => (await import('../environments.ts')).diff,
  parameters: { flags, positional: { kind: 'tuple', parameters: [named('a'), named('b')] } },
  docs: { brief: 'The parity report of two environments; an undeclared difference fails' },
})

const apply = buildCommand<Common, [string], CliContext>({
  loader: async () => (await import('../environments.ts')).apply,
  parameters: { flags, positional: one },
  docs: {
    brief:
      'Start anew what ended or has an older version of a secret; the candidate stays. A service with one instance is away for a moment',
  },
})

const down = buildCommand<Common, [string], CliContext>({
  loader: async () => (await import('../environments.ts')).down,
  parameters: { flags, positional: one },
  docs: { brief: 'Destroy an environment of your own: nothing of it is left' },
})

export const envRoutes = buildRouteMap({
  routes: { up, ls, show, heal, sleep, wake, extend, logs, exec, diff, apply, backups, restore, down },
  docs: { brief: 'Environments on demand' },
})
