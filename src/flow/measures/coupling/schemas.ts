import { z } from 'zod'
import { ofTeam } from '../../team/meant.ts'
import { WindowQuery } from '../schemas.ts'

const days = z.coerce.number().int().min(1).max(3660).default(90).meta({ description: 'length of the window, where `since` is not said' })

export const CouplingQuery = WindowQuery.safeExtend({
  days,
  to: z.string().min(1).max(200).optional().meta({ description: 'environment; default: production, or the last' }),
  by: z.enum(['deployment', 'change', 'work']).default('deployment').meta({
    description:
      'change: streams that one change of a shared repository touches; work: streams of different repositories of which changes name one ticket, issue or request, or each other',
  }),
  ...ofTeam,
  minutes: z.coerce.number().int().min(1).max(1440).default(30).meta({ description: 'so near each other is together' }),
})
export type CouplingQuery = z.infer<typeof CouplingQuery>

const Stream = z.string().min(1).max(200)
export const PairWorksQuery = WindowQuery.safeExtend({ days, a: Stream, b: Stream }).refine(({ a, b }) => a !== b, {
  path: ['b'],
  message: 'is the same value stream',
})
export type PairWorksQuery = z.infer<typeof PairWorksQuery>

const Team = z.string().nullable().meta({ description: 'whose it is; null: nobody said' })

export const CouplingView = z
  .object({
    by: z.enum(['deployment', 'change', 'work']),
    environment: z.string().nullable().meta({ description: 'null: by change or work, or nothing was deployed yet' }),
    since: z.iso.datetime().nullable(),
    until: z.iso.datetime().nullable(),
    minutes: z.int(),
    looked: z.int().meta({ description: 'pairs that were deployed, or changed, together three times or more' }),
    mass: z.int().meta({ description: 'times left out, because more than a fifth of all streams were deployed, or changed, at once' }),
    named: z
      .object({
        works: z.int().meta({ description: 'pieces of work' }),
        changes: z.int().meta({ description: 'changes that came into a trunk in the window' }),
        named: z.int().meta({ description: 'of them those that belong to a piece of work; nothing is known of the others' }),
        common: z.array(z.string()).meta({ description: 'keys left out, because more than a quarter of those that name any name them' }),
      })
      .nullable()
      .meta({ description: 'what is known of pieces of work; null: not asked by work' }),
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
          confidenceA: z.number().meta({ description: 'the same of the times of a' }),
          confidenceB: z.number().meta({ description: 'the same of the times of b' }),
          lift: z.number().meta({ description: 'so many times as often as by chance' }),
          p: z.number().meta({ description: 'Fisher, one-sided, corrected for the number of pairs (Benjamini and Hochberg)' }),
        }),
      )
      .meta({ description: 'pairs with p below 0.01, the surest first, at most 1,000' }),
  })
  .meta({ id: 'Coupling' })
export type CouplingView = z.infer<typeof CouplingView>

export const PairWorks = z
  .object({
    a: z.string(),
    b: z.string(),
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    works: z.int().meta({ description: 'pieces of work that touched both' }),
    rows: z
      .array(
        z.object({
          work: z.string().meta({ description: 'what its changes name, or the first of several' }),
          keys: z.array(z.string()).meta({ description: 'all that they name' }),
          stream: z.string(),
          merged: z.iso.datetime(),
          repository: z.string(),
          commit: z.string().meta({ description: 'on the trunk' }),
          subject: z.string(),
        }),
      )
      .meta({ description: 'the changes of both in each, the newest piece of work first; of at most 1,000 of them' }),
  })
  .meta({ id: 'PairWorks' })
export type PairWorks = z.infer<typeof PairWorks>
