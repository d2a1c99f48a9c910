import { z } from 'zod'
import { Value, WhatIfQuery } from '../schemas.ts'

const Told = z.object({ p50: Value, p85: Value, withinDay: Value, perWeek: Value })

export const PredictionRow = z
  .object({
    prediction: z.string(),
    stream: z.string(),
    change: z.string(),
    by: z.string(),
    made: z.string(),
    asOf: z.iso.datetime(),
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    hindsight: z.boolean().meta({ description: 'made when its window had passed already, from what was known before it' }),
    base: Told,
    changed: Told,
    score: z
      .object({
        versions: z.int(),
        p50: z.number().nullable(),
        p85: z.number().nullable(),
        withinDay: z.number().nullable(),
        perWeek: z.number(),
        made: z
          .enum(['yes', 'no', 'unknown'])
          .meta({ description: 'whether the change was seen to be made; no: held against the line as it was' }),
        held: z.array(z.object({ figure: z.string(), inside: z.boolean() })),
        why: z.array(z.string()).meta({ description: 'what else was otherwise' }),
      })
      .nullable()
      .meta({ description: 'what happened; null: the window has not passed' }),
    scored: z.string().nullable().meta({ description: 'when the score was recorded; null: it was not yet' }),
  })
  .meta({ id: 'Prediction' })
export type PredictionRow = z.infer<typeof PredictionRow>

export const PredictionBoard = z
  .object({
    rows: z.array(PredictionRow),
    coverage: z
      .object({ figures: z.int(), inside: z.int(), share: z.number().nullable() })
      .meta({ description: 'figures whose limits held what happened; 80 % of them should' }),
  })
  .meta({ id: 'PredictionBoard' })
export type PredictionBoard = z.infer<typeof PredictionBoard>

export const KeepPrediction = WhatIfQuery.extend({
  days: z.int().min(7).max(366).default(28).meta({ description: 'length of the window' }),
  since: z.iso.datetime({ offset: true }).optional().meta({ description: 'when the change is made; default: now' }),
})
export type KeepPrediction = z.infer<typeof KeepPrediction>
