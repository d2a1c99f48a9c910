import { z } from 'zod'
import { Quantile } from '../schemas.ts'

const Share = z
  .object({
    expected: z.number().meta({ description: 'so many; of failures by their probabilities, so it need not be whole' }),
    of: z.int().meta({ description: 'deployments' }),
    share: z.number(),
    low: z.number(),
    high: z.number(),
  })
  .nullable()
  .meta({ description: 'with limits at 95 %. null: no data; no failure of any kind was ever told, or there were no deployments' })

export const Timed = z
  .object({ count: z.int(), ended: z.int(), p50: Quantile, p85: Quantile, p95: Quantile })
  .nullable()
  .meta({ description: 'those that are not over count with the time they have lasted (Kaplan-Meier). null: no data' })

export const KeysView = z
  .object({
    frequency: z
      .object({
        deployments: z.int(),
        perWeek: z.number().nullable().meta({ description: 'null: too early, nothing is known of a full week' }),
        activeDays: z.int().meta({ description: 'days (UTC) with a deployment' }),
        gap: z.object({ p50: z.number(), p85: z.number(), p95: z.number() }).nullable().meta({
          description: 'milliseconds from one deployment to the next; null: there were not two',
        }),
      })
      .nullable(),
    lead: Timed,
    failRate: Share,
    recovery: Timed,
    rework: Share,
  })
  .meta({ id: 'DeliveryKeys' })
export type KeysView = z.infer<typeof KeysView>

export const StreamKeys = KeysView.extend({
  stream: z.string(),
  environment: z.string().meta({ description: 'to which it is measured' }),
  leadFrom: z.enum(['commit', 'first seen']).meta({
    description: 'what the lead time begins with: the first commit of a change, or where a version was first seen',
  }),
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  asOf: z.iso.datetime().meta({ description: 'the latest moment of which something is known' }),
}).meta({ id: 'StreamKeys' })
export type StreamKeys = z.infer<typeof StreamKeys>

export const Definitions = z
  .object({ frequency: z.string(), lead: z.string(), failRate: z.string(), recovery: z.string(), rework: z.string() })
  .meta({ description: 'what each number is, in a sentence' })
export const Failing = z.array(z.enum(['incident', 'back', 'failed'])).meta({
  description: 'kinds of failure that were ever told of, by then; where there is none, nothing is said of failing',
})

export const KeysBoard = z
  .object({
    definitions: Definitions,
    known: Failing,
    estate: KeysView.meta({ description: 'all of them taken together; lead times are of versions, for not all have commits' }),
    streams: z.array(StreamKeys),
  })
  .meta({ id: 'KeysBoard' })
export type KeysBoard = z.infer<typeof KeysBoard>

export const CauseView = z
  .object({
    deployment: z.string(),
    stream: z.string(),
    at: z.iso.datetime(),
    version: z.string(),
    probability: z.number(),
    reasons: z.array(z.string()),
  })
  .meta({ id: 'CauseOfFailure' })

export const FailureView = z
  .object({
    kind: z.enum(['incident', 'back', 'failed']),
    id: z.string(),
    stream: z.string().nullable(),
    environment: z.string().nullable(),
    began: z.iso.datetime(),
    detected: z.iso.datetime(),
    resolved: z.iso.datetime().nullable().meta({ description: 'null: it is not over' }),
    summary: z.string().nullable(),
    causes: z.array(CauseView).meta({ description: 'likeliest first; with `none` they add up to 1' }),
    none: z.number().meta({ description: 'how likely it came of no deployment' }),
  })
  .meta({ id: 'Failure' })
export type FailureView = z.infer<typeof FailureView>

export const Failures = z
  .object({
    total: z.int(),
    failures: z.array(FailureView).meta({ description: 'that were detected in the window, newest first, at most 500' }),
  })
  .meta({ id: 'Failures' })
export type Failures = z.infer<typeof Failures>

const Likeness = z.string().nullable()

export const StreamKeysDetail = StreamKeys.extend({
  definitions: Definitions,
  known: Failing,
  herd: z
    .array(
      z.object({
        year: z.int(),
        report: z.string(),
        source: z.url().meta({ description: 'where its numbers were read' }),
        like: z.object({ frequency: Likeness, lead: Likeness, failRate: Likeness, recovery: Likeness }),
      }),
    )
    .meta({ description: 'clusters of teams, as they said of themselves in surveys, that each key is like; null: nothing is known of it' }),
  rows: z
    .array(
      z.object({
        deployment: z.string(),
        at: z.iso.datetime(),
        version: z.string(),
        ran: z.boolean(),
        back: z.boolean(),
        batch: z.int().meta({ description: 'versions that it brought' }),
        failed: z.number().meta({ description: 'how likely it brought a failure' }),
        failures: z.array(z.string()),
        rework: z.string().nullable().meta({ description: 'why it is thought to have been made because of a failure' }),
      }),
    )
    .optional()
    .meta({ description: 'every deployment of the window' }),
  failures: z.array(FailureView).optional().meta({ description: 'that the recovery time is of' }),
  versions: z
    .array(z.object({ version: z.string(), arrived: z.iso.datetime(), reached: z.iso.datetime().nullable(), by: z.string().nullable() }))
    .optional()
    .meta({ description: 'that the lead time is of' }),
}).meta({ id: 'StreamKeysDetail' })
export type StreamKeysDetail = z.infer<typeof StreamKeysDetail>
