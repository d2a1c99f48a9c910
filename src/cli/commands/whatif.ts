import { buildCommand } from '@stricli/core'
import { connectFlags, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import type { PredictionFlags } from '../predictions.ts'
import type { WhatIfFlags } from '../whatif.ts'
import { count, csvFlag, jsonFlag, positional } from './flow.ts'
import { teamFlag } from './team.ts'

const text = (brief: string, placeholder: string) => ({ kind: 'parsed', parse: String, optional: true, brief, placeholder }) as const

export const whatIfCommand = buildCommand<ConnectFlags & WhatIfFlags, [string, string?], CliContext>({
  loader: async () => (await import('../whatif.ts')).whatIf,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      csv: csvFlag,
      sweep: { kind: 'boolean', default: false, withNegated: false, brief: 'try each stage twice as fast and each gate open' },
      keep: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'keep it as a prediction, to be held against what happens',
      },
      since: text('with --keep: when the change is made [default: now]', 'day'),
      days: { kind: 'parsed', parse: count, optional: true, brief: 'length of the window that is simulated [default: 91; with --keep 28]' },
      asOf: text('look at nothing later than this day', 'day'),
      to: text('environment to which it is measured [default: production, or the last]', 'environment'),
    },
    positional: {
      kind: 'tuple',
      parameters: [
        positional('the value stream', 'stream'),
        { ...positional('"stage staging x0.5", "gate production open", "batch max 1", "wip 3", "runners +2"', 'change'), optional: true },
      ],
    },
  },
  docs: { brief: 'Say what a change would do to lead times, from a simulation of the stream as its history has it' },
})

export const predictionsCommand = buildCommand<ConnectFlags & PredictionFlags, [string?], CliContext>({
  loader: async () => (await import('../predictions.ts')).predictions,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      csv: csvFlag,
      team: { ...teamFlag, brief: 'only of value streams that belong to this team now' },
      score: { kind: 'boolean', default: false, withNegated: false, brief: 'record the scores of those whose window has passed' },
    },
    positional: { kind: 'tuple', parameters: [{ ...positional('of one value stream [default: of all]', 'stream'), optional: true }] },
  },
  docs: { brief: 'Show what was predicted with `whatif --keep`, and what happened' },
})
