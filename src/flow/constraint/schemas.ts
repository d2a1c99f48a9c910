import { z } from 'zod'

const Ms = z.number().nullable()

const Stays = z
  .object({ count: z.int(), mean: z.number(), p50: z.number() })
  .nullable()
  .meta({ description: 'how long those stayed that came in the window, in ms; null: none came' })

const LegView = z.object({
  from: z.string(),
  to: z.string(),
  queue: z.object({ now: z.int(), atBegin: z.int(), p50: Ms.meta({ description: 'age of what waits' }), oldest: Ms }),
  arrivals: z.int(),
  departures: z.int(),
  arrivalsPerWeek: z.number(),
  departuresPerWeek: z.number(),
  p50: Ms.meta({ description: 'of the versions that came to it in the window; null: so many have not left it, or none came' }),
  p85: Ms,
  before: z
    .object({ arrivals: z.int(), p50: Ms, p85: Ms })
    .nullable()
    .meta({ description: 'the window before; null: nothing is known of it' }),
  spentMs: z.number().meta({ description: 'all time that versions spent there in the window, whether they left it or not' }),
  share: z.number().nullable().meta({ description: 'of the time spent on the whole way' }),
  shareOfDelivered: z.number().nullable().meta({ description: 'the same of the versions that were delivered in the window' }),
  spentClosedMs: z.number().meta({ description: 'spent there while its gate was closed' }),
  closedMs: z.number().meta({ description: 'for so long its gate was closed in the window' }),
  closedNow: z.boolean(),
  untoldMs: z.number().meta({ description: 'of the rest, for so long nobody told how a gate stood that was opened later' }),
  cameClosed: Stays.meta({ description: 'those that came while its gate was closed; null: none did' }),
  cameOpen: Stays.meta({ description: 'and those that came while it was not; null: none did' }),
  gateHolds: z.boolean().meta({
    description: 'what came while it was closed stayed longer than the others, and that is most of the time of all that came',
  }),
})

/** Which part of a stream's way holds it up. */
export const ConstraintView = z
  .object({
    stream: z.string(),
    of: z
      .enum(['versions', 'changes'])
      .meta({ description: 'what is on the way. changes: its commits are known, and its way begins when a change is begun' }),
    order: z.array(z.string()),
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    asOf: z.iso.datetime(),
    constraint: z
      .object({ from: z.string(), to: z.string(), cause: z.enum(['gate', 'stage']), share: z.number(), agreement: z.number() })
      .nullable()
      .meta({ description: 'null: cannot say. `agreement`: share of resampled windows that say the same' }),
    cannotSay: z.string().nullable(),
    sentences: z.array(z.string()),
    legs: z.array(LegView),
    ageing: z.object({
      total: z.int(),
      oldest: z.array(z.object({ version: z.string(), arrived: z.iso.datetime(), in: z.string() })).meta({ description: 'at most 100' }),
    }),
    little: z
      .object({ countedMs: z.number(), summedMs: z.number(), holds: z.boolean() })
      .meta({ description: 'the number on the way over time against the time of each version: the same, or our books are wrong' }),
  })
  .meta({ id: 'ConstraintView' })
export type ConstraintView = z.infer<typeof ConstraintView>

export const ConstraintBoard = z
  .object({ rows: z.array(ConstraintView.omit({ legs: true, ageing: true, little: true })) })
  .meta({ id: 'ConstraintBoard' })
export type ConstraintBoard = z.infer<typeof ConstraintBoard>
