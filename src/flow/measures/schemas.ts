import { z } from 'zod'
import { ofTeam } from '../team/meant.ts'

const Ms = z.number().nullable()
export const Quantile = z.object({ value: Ms, low: Ms, high: Ms }).meta({
  id: 'TimeQuantile',
  description:
    'milliseconds, with the limits of its 95 % interval. value null: it never came to so many. high null: nothing says how long at most',
})

const Within = z.object({ ms: z.int(), share: Ms.meta({ description: 'null: nothing was watched for so long' }) })

export const StreamFlowView = z
  .object({
    stream: z.string(),
    order: z.array(z.string()).meta({ description: 'its environments, in the order in which versions were seen to come to them' }),
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    asOf: z.iso.datetime().meta({ description: 'the latest moment of which something is known' }),
    deployments: z.int().meta({ description: 'to the last environment' }),
    perWeek: z.number().nullable().meta({ description: 'null: too early, nothing is known of a full week' }),
    activeDays: z.int().meta({ description: 'days (UTC) with a deployment' }),
    lead: z.object({ versions: z.int(), reached: z.int(), p50: Quantile, p85: Quantile, p95: Quantile, within: z.array(Within) }).meta({
      description:
        'from where a version was first seen until the last environment ran it or a later one; versions on their way count (Kaplan-Meier)',
    }),
    batch: z.object({ p50: Ms, p95: Ms, max: Ms }).meta({ description: 'versions that a deployment brought' }),
    back: z.int().meta({ description: 'deployments of an earlier version than ran before, races of ten minutes apart' }),
  })
  .meta({ id: 'StreamFlow' })
export type StreamFlowView = z.infer<typeof StreamFlowView>

export const BoardRow = StreamFlowView.extend({ closed: z.int().meta({ description: 'gates on its way that are closed' }) }).meta({
  id: 'FlowBoardRow',
})
export type BoardRow = z.infer<typeof BoardRow>

export const FlowBoard = z.object({ streams: z.array(BoardRow) }).meta({ id: 'FlowBoard' })

const Leg = z.object({ from: z.string(), to: z.string(), versions: z.int(), reached: z.int(), p50: Quantile, p95: Quantile })
const Row = z.object({ version: z.string(), arrived: z.iso.datetime(), reached: z.iso.datetime().nullable(), by: z.string().nullable() })

const Spread = z.object({ p50: Ms, p95: Ms, max: Ms })
const Lead = z.object({ p50: Quantile, p85: Quantile, p95: Quantile })

const Stage = z.object({
  from: z.string(),
  to: z.string(),
  changes: z.int().meta({ description: 'that went this way: without a build that is known, from merged to the first environment' }),
  ms: z.number(),
  working: z.number().meta({ description: 'of ms, what is known to be work' }),
  waiting: z.number().meta({ description: 'of ms, what is known to be waiting; of the rest nobody knows' }),
  share: Ms,
  p50: Ms,
  p95: Ms,
})

const Released = z
  .object({
    in: z.string().meta({ description: 'the environment in which flags are looked at' }),
    hidden: z.int().meta({ description: 'changes that flags name' }),
    arrived: z.int().meta({ description: 'of these, run there' }),
    released: z.int().meta({ description: 'of these, that users got' }),
    whole: z.int().meta({ description: 'of these, that all of them got' }),
    withdrawn: z.int().meta({ description: 'of the released, taken back from everybody at least once' }),
    killed: z.int().meta({ description: 'of these, by the kill switch' }),
    withdrawnNow: z.int().meta({ description: 'taken back as of then' }),
    lost: z.array(z.string()).meta({ description: 'flags of the stream whose change is not found on its trunk: they hide nothing' }),
    fromBegun: Lead.meta({ description: 'of all changes, hidden or not, from begun until the first users got them' }),
    toFirst: Lead.meta({ description: 'of the hidden ones that run there, from then until the first users got them' }),
    toAll: Lead.meta({ description: 'the same until all of them did' }),
    stages: z.array(Stage).meta({
      description: 'of all changes that were released: their times sum exactly to the time from begun until the first users got them',
    }),
    definition: z.string(),
  })
  .meta({ id: 'ReleaseFlow' })

const Release = z
  .object({
    flags: z.array(z.string()).meta({ description: 'that hide it; none: it was released with its deployment' }),
    first: z.iso.datetime().nullable().meta({ description: 'when the first users got it' }),
    whole: z.iso.datetime().nullable().meta({ description: 'when all of them did' }),
    withdrawn: z
      .array(z.object({ since: z.iso.datetime(), until: z.iso.datetime().nullable(), killed: z.boolean() }))
      .meta({ description: 'after that, times in which nobody got it; until null: nobody does. killed: by the kill switch' }),
  })
  .meta({ id: 'Release' })

export const ChangesView = z
  .object({
    repositories: z.array(z.string()),
    changes: z.int().meta({ description: 'commits of the trunk, each with what it brought in, that were merged in the window' }),
    reached: z.int().meta({ description: 'of these, carried to the last environment' }),
    doubtful: z.int().meta({ description: 'of these, by a deployment before which one is missing: perhaps they were there earlier' }),
    before: z.int().meta({ description: 'left out: there before the record of deployments begins' }),
    fromBegun: Lead.meta({
      description: 'from when its first commit was written until the last environment ran it; what is on its way counts',
    }),
    fromMerged: Lead.meta({ description: 'the same from when it came into the trunk' }),
    stages: z.array(Stage).meta({ description: 'of the changes that arrived: their times sum exactly to the time that these took' }),
    efficiency: z
      .object({
        share: z.number(),
        low: Ms.meta({ description: 'limits at 95 %; null: they would rest on fewer than 8 days' }),
        high: Ms,
        known: z.number().meta({ description: 'of the whole time, the share in which it is known whether it was work or waiting' }),
        changes: z.int().meta({ description: 'of which anything is known' }),
        definition: z.string(),
      })
      .nullable()
      .meta({ description: 'flow efficiency; null: nothing says which part of the time was work' }),
    batch: z
      .object({ deployments: z.int(), commits: Spread, changes: Spread, lines: Spread, oldest: Spread })
      .meta({ description: 'what a deployment of the window brought; oldest: for how long its oldest change had been on its way, ms' }),
    unresolved: z.int().meta({ description: 'deployments of the window of which nobody knows which commit they are' }),
    trunk: z
      .object({
        perWeek: z.number().meta({ description: 'changes that were merged' }),
        days: z.int().meta({ description: 'days (UTC) on which one was' }),
        longestPause: z.number().meta({ description: 'the longest time in which none was, ms' }),
        branchAge: z
          .object({ p50: z.number(), p85: z.number(), p95: z.number() })
          .nullable()
          .meta({ description: 'from when a change was begun until it was merged, ms; null: none was' }),
        open: z
          .object({
            total: z.int(),
            oldest: z.array(z.object({ name: z.string(), commits: z.int(), ageMs: z.number(), touched: z.iso.datetime() })),
          })
          .nullable()
          .meta({
            description: 'branches with commits that the trunk has not, at most 20 of them named; null: nobody knows how they stood then',
          }),
      })
      .meta({ description: 'how often work comes together on the trunk, and how old it is by then' }),
    released: Released.optional().meta({ description: 'where flags hide changes of the stream: when users got them' }),
    rows: z
      .array(
        z.object({
          commit: z.string(),
          subject: z.string(),
          commits: z.int(),
          lines: z.int().nullable(),
          begun: z.iso.datetime(),
          merged: z.iso.datetime(),
          reached: z.record(z.string(), z.iso.datetime().nullable()).meta({ description: 'by environment' }),
          by: z.string().nullable().meta({ description: 'the version that carried it to the last environment' }),
          doubt: z.enum(['first', 'gap']).nullable(),
          release: Release.optional().meta({ description: 'where flags hide changes of the stream' }),
        }),
      )
      .optional()
      .meta({ description: 'every change that the numbers are of' }),
  })
  .meta({ id: 'ChangeFlow' })
export type ChangesView = z.infer<typeof ChangesView>

export const StreamFlowDetail = StreamFlowView.extend({
  changes: ChangesView.optional().meta({ description: 'where commits are known: `threeways import git`' }),
  legs: z.array(Leg).meta({ description: 'from each environment to the next' }),
  closed: z.array(
    z.object({ environment: z.string(), way: z.enum(['into', 'onwards']), since: z.iso.datetime(), by: z.string().nullable() }),
  ),
  rows: z.array(Row).optional().meta({ description: 'every version that the lead time is of' }),
}).meta({ id: 'StreamFlowDetail' })
export type StreamFlowDetail = z.infer<typeof StreamFlowDetail>

const Curve = z
  .object({
    versions: z.int(),
    reached: z.int(),
    watchedMs: z.number().meta({ description: 'the longest that any version was watched; the curve ends there' }),
    points: z.array(z.object({ ms: z.number(), share: z.number(), low: z.number(), high: z.number() })).meta({
      description: 'which share had arrived by then, with limits at 95 %; a step at each, at most some 160 of them',
    }),
  })
  .meta({ id: 'FlowCurve' })

/** What a stream's flow is drawn from. Bounded, whatever the window. */
export const StreamFlowPicture = z
  .object({
    flow: StreamFlowView,
    before: StreamFlowView.nullable().meta({
      description: 'the window before, of the same length and as it was known then; null: nothing is known of it',
    }),
    legs: z.array(Leg).meta({ description: 'from each environment to the next' }),
    curve: Curve.nullable().meta({ description: 'null: there is but one environment' }),
    curveBefore: Curve.nullable(),
    spread: z.array(z.object({ fromMs: z.number(), toMs: z.number(), reached: z.int(), waiting: z.int() })).meta({
      description: 'versions by how long they took, and those on their way by how long they have waited',
    }),
    periods: z.array(
      z.object({
        since: z.iso.datetime(),
        until: z.iso.datetime(),
        deployments: z.int(),
        brought: z.int().meta({ description: 'versions that the deployments brought' }),
        back: z.int(),
        versions: z.int().meta({ description: 'first seen in it' }),
        p50: Ms.meta({ description: 'lead time of those; null: so many have not come, or there were none' }),
      }),
    ),
    stations: z.array(z.object({ environment: z.string(), deployments: z.int(), batchP50: Ms, batchMax: Ms, back: z.int() })),
    closed: z
      .array(
        z.object({
          environment: z.string(),
          way: z.enum(['into', 'onwards']),
          since: z.iso.datetime(),
          until: z.iso.datetime().nullable().meta({ description: 'null: it still is' }),
          by: z.string().nullable(),
        }),
      )
      .meta({ description: 'times for which a gate was closed in the window, the latest 500' }),
    deployments: z
      .array(z.object({ at: z.iso.datetime(), version: z.string(), batch: z.int(), back: z.boolean() }))
      .meta({ description: 'to the last environment, newest first, at most 500' }),
    ageing: z.object({
      total: z.int(),
      oldest: z
        .array(z.object({ version: z.string(), arrived: z.iso.datetime(), in: z.string() }))
        .meta({ description: 'on their way as of then, oldest first, at most 500; `in`: the furthest that they came' }),
    }),
  })
  .meta({ id: 'StreamFlowPicture' })
export type StreamFlowPicture = z.infer<typeof StreamFlowPicture>

const windowed = {
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional().meta({ description: 'default: the latest moment of which something is known' }),
  asOf: z.iso.datetime({ offset: true }).optional().meta({ description: 'leave out what happened later' }),
  days: z.coerce.number().int().min(1).max(3660).default(90).meta({ description: 'length of the window, where `since` is not said' }),
}
const FlowWindow = z.object({
  ...windowed,
  to: z.string().min(1).max(200).optional().meta({ description: 'environment to which it is measured; default: production, or the last' }),
  rows: z.stringbool().default(false),
})
const isSpan = ({ since, until }: { since?: string | undefined; until?: string | undefined }) =>
  since === undefined || until === undefined || Date.parse(since) < Date.parse(until)
const notSpan = { path: ['since'], message: 'does not lie before until' }

/** Of a board that is asked for a span of time alone. */
export const WindowQuery = z.object(windowed).refine(isSpan, notSpan)
export const FlowQuery = FlowWindow.refine(isSpan, notSpan)
export type FlowQuery = z.infer<typeof FlowQuery>

/** Of a board that has a row for each stream. */
export const BoardQuery = FlowQuery.safeExtend(ofTeam)
