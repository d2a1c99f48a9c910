import { buildCommand, buildRouteMap } from '@stricli/core'
import { connectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import type { ImportFlags, ListFlags, SetFlags } from '../teams.ts'
import { csvFlag, jsonFlag, positional, reasonFlag } from './flow.ts'

const day = (brief: string) => ({ kind: 'parsed', parse: String, optional: true, brief, placeholder: 'day' }) as const

export const teamFlag = {
  kind: 'parsed',
  parse: String,
  optional: true,
  brief: 'only value streams that belong to this team, as of then',
  placeholder: 'name',
} as const

const setFlags = {
  ...connectFlags,
  json: jsonFlag,
  since: day('since when it is so: this day, or this moment [default: now]'),
  reason: reasonFlag,
  ahead: { kind: 'boolean', default: false, withNegated: false, brief: 'also of value streams of which nothing is known yet' },
} as const

const streams = positional('a value stream', 'stream')

const set = buildCommand<SetFlags, [string, string, ...string[]], CliContext>({
  async func(flags, team, ...named) {
    await (await import('../teams.ts')).set.call(this, flags, team, named)
  },
  parameters: {
    flags: setFlags,
    positional: { kind: 'array', parameter: { brief: 'the team, and value streams', placeholder: 'name', parse: String }, minimum: 2 },
  },
  docs: { brief: 'Say which team value streams belong to', customUsage: ['TEAM STREAM…'] },
})

const unset = buildCommand<SetFlags, [string, ...string[]], CliContext>({
  async func(flags, ...named) {
    await (await import('../teams.ts')).set.call(this, flags, null, named)
  },
  parameters: { flags: setFlags, positional: { kind: 'array', parameter: streams, minimum: 1 } },
  docs: { brief: 'Say that value streams belong to no team any more' },
})

const ls = buildCommand<ListFlags, [], CliContext>({
  loader: async () => (await import('../teams.ts')).list,
  parameters: {
    flags: { ...connectFlags, json: jsonFlag, csv: csvFlag, asOf: day('as it was then'), team: teamFlag },
  },
  docs: { brief: 'List which team each value stream belongs to, since when, and who said so' },
})

const importCommand = buildCommand<ImportFlags, [string], CliContext>({
  loader: async () => (await import('../teams.ts')).importTeams,
  parameters: {
    flags: { ...connectFlags, json: jsonFlag, reason: reasonFlag },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'a table with the columns stream and team, also since; - for standard input', placeholder: 'file', parse: String },
      ],
    },
  },
  docs: { brief: 'Record which team each value stream of a table belongs to' },
})

export const teamRoutes = buildRouteMap({
  routes: { set, unset, ls, import: importCommand },
  docs: { brief: 'Which team each value stream belongs to' },
})
