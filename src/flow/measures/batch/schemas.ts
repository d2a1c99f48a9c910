import { z } from 'zod'

const Ms = z.number().nullable()

export const BatchesView = z
  .object({
    known: z.array(z.enum(['incident', 'back', 'failed'])).meta({ description: 'kinds of failure that were ever told of, by then' }),
    trend: z.object({ z: z.number(), p: z.number() }).nullable().meta({
      description: 'whether larger ones fail more often: Cochran and Armitage, two-sided. null: it cannot be said',
    }),
    since: z.iso.datetime().nullable().meta({ description: 'the earliest of the windows of all streams; null: nothing was deployed' }),
    until: z.iso.datetime().nullable().meta({ description: 'and the latest' }),
    nothingNew: z.int().meta({ description: 'deployments that are in no row: they went back, or brought the same again' }),
    rows: z
      .array(
        z.object({
          from: z.int().meta({ description: 'versions that a deployment brought' }),
          to: z.int(),
          deployments: z.int(),
          failed: Ms.meta({ description: 'expected number. null: nobody told of a failure yet' }),
          share: Ms,
          low: Ms,
          high: Ms,
          odds: z.object({ ratio: z.number(), low: z.number(), high: z.number() }).nullable().meta({
            description: 'held against the smallest size of which there are ten; with limits at 95 %',
          }),
        }),
      )
      .meta({ description: 'by size, the smallest first' }),
  })
  .meta({ id: 'BatchesAgainstFailure' })
export type BatchesView = z.infer<typeof BatchesView>
