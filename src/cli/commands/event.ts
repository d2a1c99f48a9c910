import { buildCommand, buildRouteMap } from '@stricli/core'
import { connectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import type { DeployFlags, IncidentFlags, ResolveFlags } from '../event.ts'
import { jsonFlag, positional } from './flow.ts'

const text = (brief: string, placeholder?: string) =>
  ({ kind: 'parsed', parse: String, optional: true, brief, ...(placeholder === undefined ? {} : { placeholder }) }) as const

const common = {
  ...connectFlags,
  json: jsonFlag,
  environment: { kind: 'parsed', parse: String, brief: 'where', placeholder: 'environment' },
  at: text('when [default: now]', 'moment'),
  by: text('who'),
  source: { kind: 'parsed', parse: String, default: '/ci', brief: 'URI reference that names who tells it', placeholder: 'uri' },
} as const

const stream = { kind: 'tuple', parameters: [positional('the value stream: a service, or what is deployed together', 'stream')] } as const

const deploy = buildCommand<DeployFlags, [string], CliContext>({
  loader: async () => (await import('../event.ts')).deploy,
  parameters: {
    flags: {
      ...common,
      version: { kind: 'parsed', parse: String, brief: 'what runs there now', placeholder: 'version' },
      commit: text('its commit', 'sha'),
      previous: text('what ran there before', 'version'),
      failed: { kind: 'boolean', default: false, withNegated: false, brief: 'it was tried, and did not come to run' },
      id: text('names it: telling it again is telling it once [default: from what is told and the run of the pipeline]', 'id'),
    },
    positional: stream,
  },
  docs: { brief: 'Record that a version came to run in an environment, or did not' },
})

const incident = buildCommand<IncidentFlags, [string], CliContext>({
  loader: async () => (await import('../event.ts')).incident,
  parameters: {
    flags: {
      ...common,
      id: text('names the incident [default: from what is told; it is printed]', 'id'),
      version: text('what runs and is suspected', 'version'),
      began: text('when it began, where that was before it was detected', 'moment'),
      summary: text('what is wrong, in a sentence'),
    },
    positional: stream,
  },
  docs: { brief: 'Record that something is wrong in an environment' },
})

const resolve = buildCommand<ResolveFlags, [string], CliContext>({
  loader: async () => (await import('../event.ts')).resolve,
  parameters: { flags: { ...common, id: { kind: 'parsed', parse: String, brief: 'the incident', placeholder: 'id' } }, positional: stream },
  docs: { brief: 'Record that an incident is over' },
})

export const eventRoutes = buildRouteMap({
  routes: { deploy, incident, resolve },
  docs: { brief: 'Tell what happened elsewhere, from a step of any pipeline' },
})
