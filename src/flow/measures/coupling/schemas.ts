import { z } from 'zod'
import { ofTeam } from '../../team/meant.ts'
import { WindowQuery } from '../schemas.ts'

export const CouplingQuery = WindowQuery.safeExtend({
  days: z.coerce.number().int().min(1).max(3660).default(365).meta({ description: 'length of the window, where `since` is not said' }),
  to: z.string().min(1).max(200).optional().meta({ description: 'environment; default: production, or the last' }),
  by: z
    .enum(['deployment', 'change'])
    .default('deployment')
    .meta({ description: 'change: streams that one change of a shared repository touches' }),
  ...ofTeam,
  minutes: z.coerce.number().int().min(1).max(1440).default(30).meta({ description: 'so near each other is together' }),
})
export type CouplingQuery = z.infer<typeof CouplingQuery>

const Team = z.string().nullable().meta({ description: 'whose it is; null: nobody said' })

export const CouplingView = z
  .object({
    by: z.enum(['deployment', 'change']),
    environment: z.string().nullable().meta({ description: 'null: by change, or nothing was deployed yet' }),
    since: z.iso.datetime().nullable(),
    until: z.iso.datetime().nullable(),
    minutes: z.int(),
    looked: z.int().meta({ description: 'pairs that were deployed, or changed, together three times or more' }),
    mass: z.int().meta({ description: 'times left out, because more than a fifth of all streams were deployed, or changed, at once' }),
    rows: z
      .array(
        z.object({
          a: z.string(),
          b: z.string(),
          teamA: Team,
          teamB: Team,
          together: z.int().meta({ description: 'times that both were deployed' }),
          timesA: z.int(),
          timesB: z.int(),
          times: z.int().meta({ description: 'times that anything was, while both were there' }),
          support: z.number(),
          confidence: z.number().meta({ description: 'of the times of the one deployed more seldom, so many with the other' }),
          lift: z.number().meta({ description: 'so many times as often as by chance' }),
          p: z.number().meta({ description: 'Fisher, one-sided, corrected for the number of pairs (Benjamini and Hochberg)' }),
        }),
      )
      .meta({ description: 'pairs with p below 0.01, the surest first, at most 1,000' }),
  })
  .meta({ id: 'Coupling' })
export type CouplingView = z.infer<typeof CouplingView>
