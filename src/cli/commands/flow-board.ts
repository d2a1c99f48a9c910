import { buildCommand } from '@stricli/core'
import { connectFlags, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { count, csvFlag, jsonFlag } from './flow.ts'

const moment = (brief: string) => ({ kind: 'parsed', parse: String, optional: true, brief, placeholder: 'day' }) as const

export const flowCommand = buildCommand<
  ConnectFlags & { json: boolean; csv: boolean; rows: boolean; since?: string; until?: string; asOf?: string; days?: number; to?: string },
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
    },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'one value stream in full [default: all of them in a row each]', placeholder: 'stream', parse: String, optional: true },
      ],
    },
  },
  docs: { brief: 'Show how changes really flow: lead time, batches, deployments, what is still on its way' },
})
