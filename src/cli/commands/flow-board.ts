import { buildCommand } from '@stricli/core'
import { connectFlags, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import type { TeamFlags, WindowFlags } from '../flow-window.ts'
import { teamFlag } from './team.ts'
import { count, csvFlag, jsonFlag, positional } from './flow.ts'

const moment = (brief: string) => ({ kind: 'parsed', parse: String, optional: true, brief, placeholder: 'day' }) as const

/** Which window is meant. */
export const windowFlags = {
  to: {
    kind: 'parsed',
    parse: String,
    optional: true,
    brief: 'environment to which it is measured [default: production, or the last]',
    placeholder: 'environment',
  },
  since: moment('versions first seen from this day on, or this moment'),
  until: moment('and before this one [default: the latest of which something is known]'),
  asOf: moment('as it was known then'),
  days: { kind: 'parsed', parse: count, optional: true, brief: 'length of the window where --since is not said [default: 90]' },
} as const

/** A board is of all value streams, or of one that is named. */
export const oneStream = (brief: string) => ({ kind: 'tuple', parameters: [{ ...positional(brief, 'stream'), optional: true }] }) as const

export const flowCommand = buildCommand<
  ConnectFlags & WindowFlags & TeamFlags & { json: boolean; csv: boolean; rows: boolean },
  [string?],
  CliContext
>({
  loader: async () => (await import('../flow-board.ts')).flow,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      csv: csvFlag,
      rows: { kind: 'boolean', default: false, withNegated: false, brief: 'also the versions that the numbers are of; with a stream' },
      ...windowFlags,
      team: teamFlag,
    },
    positional: oneStream('one value stream in full [default: all of them in a row each]'),
  },
  docs: { brief: 'Show how changes really flow: lead time, batches, deployments, what is still on its way' },
})

export const constraintCommand = buildCommand<
  ConnectFlags & WindowFlags & TeamFlags & { json: boolean; csv: boolean },
  [string?],
  CliContext
>({
  loader: async () => (await import('../constraint.ts')).constraint,
  parameters: {
    flags: { ...connectFlags, json: jsonFlag, csv: csvFlag, ...windowFlags, team: teamFlag },
    positional: oneStream('one value stream with its evidence [default: all of them in a row each]'),
  },
  docs: { brief: 'Name the one place that holds a value stream up, with the evidence, and say what is not' },
})

export const reportCommand = buildCommand<
  ConnectFlags & WindowFlags & TeamFlags & { out: string; title: string; streams: number },
  [],
  CliContext
>({
  loader: async () => (await import('../report.ts')).report,
  parameters: {
    flags: {
      ...connectFlags,
      out: { kind: 'parsed', parse: String, default: 'flow-report.html', brief: 'file that is written', placeholder: 'file' },
      title: { kind: 'parsed', parse: String, default: 'How changes flow', brief: 'what stands on top' },
      streams: { kind: 'parsed', parse: count, default: '10', brief: 'so many of them in full, the slowest first' },
      ...windowFlags,
      team: teamFlag,
    },
  },
  docs: { brief: 'Write how changes flow as one page that can be mailed: the constraints, curves, every value stream' },
})
