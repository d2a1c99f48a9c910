import { z } from 'zod'

export const Value = z
  .object({ value: z.number().nullable(), low: z.number().nullable(), high: z.number().nullable() })
  .meta({ description: 'limits hold it in 8 of 10 such windows; null: never, or nothing says so' })
export type Value = z.infer<typeof Value>

const Figures = z.object({
  p50: Value.meta({ description: 'lead time in ms; null: fewer than half arrive' }),
  p85: Value,
  mean: Value.meta({ description: 'time on the way in ms, until the end of the window for what has not arrived' }),
  withinDay: Value.meta({ description: 'share that arrives within a day' }),
  perWeek: Value.meta({ description: 'versions that arrive, a week' }),
})
export type Figures = z.infer<typeof Figures>

export const WhatIfView = z
  .object({
    stream: z.string(),
    change: z.string(),
    order: z.array(z.string()),
    asOf: z.iso.datetime().meta({ description: 'nothing later was looked at' }),
    days: z.int().meta({ description: 'length of the window that is simulated' }),
    cannotSay: z.string().nullable(),
    base: Figures.nullable().meta({ description: 'as it is; null: cannot say' }),
    changed: Figures.nullable(),
    difference: Figures.nullable().meta({ description: 'changed less base, of replications that met the same luck' }),
    local: z
      .object({ stageMs: z.number(), leadMs: z.number() })
      .nullable()
      .meta({ description: 'of a change to a stage: what half of the versions save in it, and a version on the whole way in the mean' }),
    sentences: z.array(z.string()),
  })
  .meta({ id: 'WhatIfView' })
export type WhatIfView = z.infer<typeof WhatIfView>

export const WhatIfSweep = z.object({ stream: z.string(), rows: z.array(WhatIfView) }).meta({ id: 'WhatIfSweep' })
export type WhatIfSweep = z.infer<typeof WhatIfSweep>

const asked = {
  asOf: z.iso.datetime({ offset: true }).optional().meta({ description: 'look at nothing later; default: what is known' }),
  days: z.coerce.number().int().min(7).max(366).default(91).meta({ description: 'length of the window that is simulated' }),
  to: z.string().min(1).max(200).optional().meta({ description: 'environment to which it is measured' }),
}
const Change = z.string().min(1).max(500).meta({ description: 'such as "gate production open", or several with commas between' })

export const WhatIfQuery = z.object({ ...asked, change: Change })
export type WhatIfQuery = z.infer<typeof WhatIfQuery>
export const SweepQuery = z.object(asked)
export type SweepQuery = z.infer<typeof SweepQuery>
