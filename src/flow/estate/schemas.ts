import { z } from 'zod'
import { RunState, StopView, Waiting } from '../pipeline/schemas.ts'

/** The estate: every value stream in one row each, small enough to be asked for at every change. */

const instant = z.iso.datetime().meta({ description: 'UTC, RFC 3339' })

const Change = z.object({ commit: z.string(), author: z.string(), summary: z.string() })

export const EstateStage = z
  .object({
    name: z.string(),
    production: z.boolean().meta({ description: 'no stage comes after it' }),
    environment: z.string().nullable().meta({ description: 'its id; null: the stage only runs checks, or makes one for each run' }),
    state: z
      .enum(['absent', 'starting', 'ready', 'unhealthy', 'stopped'])
      .nullable()
      .meta({ description: 'of the environment, as read back; null: it has none that stays' }),
    running: Change.extend({ digest: z.string(), since: instant }).nullable().meta({ description: 'the candidate that serves there' }),
    active: z.enum(['running', 'waiting', 'needs-attention']).nullable().meta({ description: 'what the deliveries in it or before it do' }),
  })
  .meta({ id: 'EstateStage' })
export type EstateStage = z.infer<typeof EstateStage>

export const EstateWait = Waiting.extend({
  run: z.string(),
  step: z.string(),
  stage: z.string().nullable(),
  ...Change.shape,
  candidate: z.string().nullable(),
}).meta({ id: 'EstateWait' })
export type EstateWait = z.infer<typeof EstateWait>

export const EstateRow = z
  .object({
    stream: z.string(),
    repository: z.string(),
    stops: z.array(StopView).meta({ description: 'open ones, oldest first' }),
    stages: z.array(EstateStage).meta({ description: 'from left to right' }),
    latest: Change.extend({ run: z.string(), state: RunState, at: instant }).meta({ description: 'the newest delivery' }),
    recent: z.array(RunState).meta({ description: 'of the latest deliveries, newest first, at most 12' }),
    underWay: z.int().meta({ description: 'runs that are not over' }),
    waits: z.array(EstateWait).meta({ description: 'longest first, at most 20' }),
    beyond: z.object({ changes: z.int(), since: instant }).nullable().meta({
      description: 'changes of the trunk that production does not have, and when the oldest was committed; null: production runs nothing',
    }),
    failure: Change.extend({ run: z.string(), message: z.string().nullable(), at: instant })
      .nullable()
      .meta({ description: 'the newest failed run among the latest' }),
  })
  .meta({ id: 'EstateRow' })
export type EstateRow = z.infer<typeof EstateRow>

export const Estate = z
  .object({
    version: z.string().meta({ description: 'names this answer; send it as ?since= to be told only what changed' }),
    whole: z.boolean().meta({ description: 'all rows; false: only those that changed since' }),
    gone: z.array(z.string()).meta({ description: 'value streams that were there and are not any more' }),
    streams: z.array(EstateRow),
  })
  .meta({ id: 'Estate' })
export type Estate = z.infer<typeof Estate>

export const EstateSummary = z
  .object({
    streams: z.int(),
    stopped: z.int().meta({ description: 'value streams with an open stop' }),
    stops: z.int().meta({ description: 'open ones' }),
    underWay: z.int().meta({ description: 'runs that are not over' }),
    waits: z.record(z.string(), z.int()).meta({ description: 'how many steps wait, by kind of waiting' }),
  })
  .meta({ id: 'EstateSummary' })
export type EstateSummary = z.infer<typeof EstateSummary>
