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

const Waits = z.object({ p50: Value, p85: Value, mean: Value }).meta({ description: 'from asked for until begun, in ms' })
const Queue = z.object({
  runners: z.int().meta({ description: 'as many as ran at once' }),
  changed: z.int().meta({ description: 'runners with the change' }),
  jobs: z.int().meta({ description: 'of which it is known how long they waited' }),
  of: z.enum(['stream', 'all']).meta({ description: 'whose jobs share the runners: those of the stream, or all that are known' }),
  utilisation: z.number().meta({ description: 'of the time of all runners, how much they were busy' }),
  seen: z.object({ p50: z.number(), p85: z.number(), mean: z.number() }).meta({ description: 'what they waited, in ms' }),
  base: Waits.meta({ description: 'the same simulated' }),
  after: Waits.meta({ description: 'and with the change' }),
  difference: Waits,
})

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
    queue: Queue.optional().meta({
      description: 'of "runners +2": how long jobs wait for a runner. Lead times are then of changes from their merge, not of versions',
    }),
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
