import { buildCommand, buildRouteMap } from '@stricli/core'
import type { ProjectFlags, UpFlags } from '../compose/provider.ts'
import type { CliContext } from '../context.ts'

type Flag = { readonly kind: 'parsed'; readonly parse: (text: string) => string; readonly brief: string }
const text = (brief: string) => ({ kind: 'parsed', parse: String, brief }) as const
const maybe = (brief: string) => ({ ...text(brief), optional: true }) as const

const project = { projectName: text('the project of Docker Compose') } as const
const service = {
  kind: 'tuple',
  parameters: [{ placeholder: 'service', brief: 'the service of the Compose file', parse: String }],
} as const

/** What may stand under `provider.options`. */
const options = {
  environment: text('key of `environments` in the definition'),
  definition: { ...text('the definition to run, from where docker compose runs'), default: 'threeways.yaml' },
  revision: { ...text('the commit to run'), default: 'HEAD' },
  service: maybe('which of its services URL, HOST and PORT mean [default: the one of the same name, or the only one]'),
  bind: maybe('IPv4 address at which its services listen [default: 127.0.0.1]'),
  announce: maybe('host that dependants are told [default: the one of bind]'),
} as const

const up = buildCommand<UpFlags, [string], CliContext>({
  loader: async () => (await import('../compose/provider.ts')).up,
  parameters: { flags: { ...project, ...options }, positional: service },
  docs: { brief: 'Bring up an environment for a service of Docker Compose' },
})

const down = buildCommand<ProjectFlags, [string], CliContext>({
  loader: async () => (await import('../compose/provider.ts')).down,
  parameters: { flags: project, positional: service },
  docs: { brief: 'Destroy it: nothing of it is left' },
})

const stop = buildCommand<ProjectFlags, [string], CliContext>({
  loader: async () => (await import('../compose/provider.ts')).stop,
  parameters: { flags: project, positional: service },
  docs: { brief: 'End its processes; its data stays' },
})

const metadata = buildCommand<Record<string, never>, [], CliContext>({
  func() {
    this.output.json({
      description: 'Runs the services of a threeways.yaml as processes of this machine',
      up: { parameters: Object.entries<Flag & { optional?: true; default?: string }>(options).map(parameter) },
      down: { parameters: [] },
      stop: { parameters: [] },
    })
  },
  parameters: { flags: {} },
  docs: { brief: 'Print which options there are' },
})

function parameter([name, flag]: readonly [string, Flag & { optional?: true; default?: string }]) {
  const required = flag.optional !== true && flag.default === undefined
  return { name, description: flag.brief, required, type: 'string', ...(flag.default === undefined ? {} : { default: flag.default }) }
}

export const composeRoutes = buildRouteMap({
  routes: { up, down, stop, metadata },
  docs: { brief: 'What Docker Compose calls for `provider: {type: threeways}`' },
})
