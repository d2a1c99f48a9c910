import { z } from 'zod'

/** Of one report; what is larger is a mistake, and thousands of reports are added up. */
const most = 1e9
const many = z.int().min(0).max(most)
const moment = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
const key = z.string().min(1).max(100)
const unit = z.string().regex(/^[\w.:-]{1,64}$/, 'should be a hash, or letters, digits and .:_- only, at most 64')
const Counts = z.object({ compared: many, different: many, failed: many })
const Sketch = z.array(z.tuple([z.int().min(0).max(1_000), many])).max(1_001)
const itemsMax = 1_000
const countOf = (sketch: z.output<typeof Sketch>): number => sketch.reduce((sum, [, count]) => sum + count, 0)

/** What an application tells at once, as the SDK writes it (`sdk/src/client/batch.ts`). */
export const Report = z.object({
  id: z.string().regex(/^[\w-]{8,64}$/, 'should name this report, so that it counts once'),
  at: moment.meta({ description: 'ms since 1970, by the clock of the application' }),
  exposures: z
    .array(z.object({ unit, flag: key, revision: many, variant: key, rule: key.optional(), at: moment }))
    .max(itemsMax)
    .default([]),
  metrics: z
    .array(
      z
        .object({
          unit,
          metric: key,
          n: many,
          sum: z.number().min(-most).max(most),
          sumsq: z.number().min(0),
          buckets: Sketch.optional().meta({ description: 'into which bucket each of the values fell: bucket, count' }),
        })
        .refine(({ n, buckets }) => buckets === undefined || countOf(buckets) === n, {
          path: ['buckets'],
          error: 'should count each of the n values once',
        })
        // No values have such sums: they would be believed as a mean without a variance.
        .refine(({ n, sum, sumsq }) => sum ** 2 <= n * sumsq * (1 + 1e-6) + 1e-9, {
          path: ['sumsq'],
          error: 'should be at least the square of sum over n',
        }),
    )
    .max(itemsMax)
    .default([]),
  evaluations: z
    .array(z.object({ flag: key, revision: many.optional(), variant: key, count: many }))
    .max(itemsMax)
    .default([]),
  rehearsals: z
    .array(
      z.object({
        flag: key,
        revision: many.optional(),
        candidate: Counts,
        noise: Counts,
        timeouts: many,
        dropped: z.record(z.string(), many),
        differences: z.array(z.tuple([z.string().max(300), many, many])).max(100),
        latency: z.object({ control: Sketch, candidate: Sketch }),
      }),
    )
    .max(100)
    .default([]),
  dropped: many.default(0),
})

export type Report = z.output<typeof Report>

/** Clocks of applications are wrong by more than this only when they are wrong altogether. */
const skewMsMax = 300_000
const ageMsMax = 7 * 86_400_000

/**
 * When what was told happened: by the application's clock, as far as that can be right; where it cannot, all of it is moved so that the
 * report was written when it came. Pure.
 */
export function timesOf({ at, exposures }: Report, now: number): { readonly at: number; readonly exposedAt: readonly number[] } {
  const isRight = at <= now + skewMsMax && at >= now - ageMsMax
  const shift = isRight ? 0 : now - at
  const written = Math.min(at + shift, now)
  return { at: written, exposedAt: exposures.map((one) => Math.max(0, Math.min(one.at + shift, written))) }
}
