import { z } from 'zod'
import { ofTeam } from '../team/meant.ts'
import { Quantile, WindowQuery } from '../measures/schemas.ts'

const Spread = z.object({ p50: Quantile, p85: Quantile, p95: Quantile })

export const BuildsView = z
  .object({
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    asOf: z.iso.datetime().meta({ description: 'the latest moment of which something is known' }),
    total: z.int().meta({ description: 'pipelines and jobs there are; at most 500 of them are rows, those that ran longest first' }),
    rows: z.array(
      z.object({
        pipeline: z.string().nullable().meta({ description: 'null: only its jobs are known' }),
        job: z.string().nullable().meta({ description: 'null: the pipeline as a whole' }),
        runs: z.int().meta({ description: 'asked for in the window, or begun where nobody said when they were asked for' }),
        finished: z.int(),
        queue: Spread.extend({ count: z.int() })
          .nullable()
          .meta({ description: 'from asked for until begun; what still waits counts. null: nobody said when any was asked for' }),
        duration: Spread.extend({ count: z.int() })
          .nullable()
          .meta({ description: 'from begun until over; what still runs counts. null: none has begun' }),
        success: z.object({ share: z.number(), low: z.number(), high: z.number(), of: z.int() }).nullable().meta({
          description: 'of those that ended by themselves, with limits at 95 %; what was stopped does not count. null: none ended',
        }),
        reruns: z.int().meta({ description: 'of the runs, those that were a second attempt or a later one' }),
      }),
    ),
  })
  .meta({ id: 'BuildsBoard' })
export type BuildsView = z.infer<typeof BuildsView>
export type BuildRow = BuildsView['rows'][number]

export const BuildsQuery = WindowQuery
export type BuildsQuery = z.infer<typeof BuildsQuery>

/** Of all of them together, or of one team's. */
export const BuildsBoardQuery = BuildsQuery.safeExtend(ofTeam)
