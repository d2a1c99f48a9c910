import { z } from 'zod'
import { causes } from './events.ts'

/** Shapes the API answers with about the line: validated, in OpenAPI, and the types of the page and the CLI. */

const instant = z.iso.datetime().meta({ description: 'UTC, RFC 3339' })
const ms = z.number().meta({ description: 'milliseconds' })

/** One stop as a value stream shows it. */
export const StopView = z.object({
  id: z.string(),
  stream: z.string().meta({ description: 'the value stream; `*`: it reaches over all of them' }),
  scope: z.string().meta({
    description: '`all`, `service/shop`, `service/shop/web`, `stage/shop/production`, `stage/*/production` or `environment/shop/live`',
  }),
  reason: z.string(),
  by: z.string(),
  since: instant,
  cause: z.enum(causes),
  owner: z.string().nullable().meta({ description: 'who leads the way out' }),
  commit: z.string().nullable(),
  candidate: z.string().nullable(),
  run: z.string().nullable(),
})
export type StopView = z.infer<typeof StopView>

/** One stop whole: who came, what was found out, how it ended. */
export const StopOnBoard = StopView.extend({
  ageMs: ms.meta({ description: 'how long it has lasted, or lasted' }),
  stage: z.string().nullable().meta({ description: 'where its fix must prove itself' }),
  helpers: z.array(z.object({ who: z.string(), at: instant })).meta({ description: 'who joined, first to last' }),
  notes: z.array(z.object({ by: z.string(), at: instant, text: z.string() })).meta({ description: 'oldest first' }),
  waysOut: z.array(z.string()).meta({ description: 'what ends it, each in a sentence; empty when it is over' }),
  ended: z
    .object({
      at: instant,
      by: z.string(),
      reason: z.string(),
      evidence: z.enum(['person', 'fix', 'revert', 'decided']),
      commit: z.string().nullable(),
    })
    .nullable(),
  falseStop: z
    .object({ verdict: z.boolean(), by: z.string(), reason: z.string() })
    .nullable()
    .meta({ description: 'what somebody said of it: true, there was nothing wrong; null: nobody said anything' }),
}).meta({ id: 'StopOnBoard' })
export type StopOnBoard = z.infer<typeof StopOnBoard>

export const LineView = z.object({ status: z.enum(['open', 'stopped']), stops: z.array(StopView) }).meta({ id: 'Line' })

export const Board = z
  .object({
    status: z.enum(['open', 'stopped']).meta({ description: 'stopped: at least one stop is open somewhere' }),
    at: instant,
    stops: z.array(StopOnBoard).meta({ description: 'open ones, the oldest first' }),
    over: z.array(StopOnBoard).meta({ description: 'the latest that ended, newest first, at most 20' }),
  })
  .meta({ id: 'LineBoard' })
export type Board = z.infer<typeof Board>

const Span = z.object({
  medianMs: ms.nullable().meta({ description: 'null: no data' }),
  longestMs: ms.nullable(),
  ended: z.int(),
  open: z.int().meta({ description: 'those that have not happened yet' }),
})

export const LineStats = z
  .object({
    from: instant,
    to: instant,
    stops: z.int(),
    open: z.int(),
    falseStops: z.int(),
    byCause: z.record(z.enum(causes), z.int()),
    stoppedMs: z.array(z.object({ scope: z.string(), stream: z.string(), ms, stops: z.int() })),
    byStream: z.array(z.object({ stream: z.string(), ms, stops: z.int() })),
    timeToJoin: Span.meta({ description: 'from the stop to the first who joined' }),
    timeToRestart: Span,
    leaks: z
      .array(z.object({ seq: z.int(), run: z.string(), stream: z.string(), stage: z.string(), commit: z.string(), stop: z.string() }))
      .meta({
        description:
          'promotions past an open stop that were neither its fix, an emergency nor a rollback; found in the events alone, of all time',
      }),
  })
  .meta({ id: 'LineStats' })
export type LineStats = z.infer<typeof LineStats>

/** What an executor elsewhere is told, inside a DSSE envelope. */
export const Posture = z
  .object({
    version: z.literal(1),
    /** Which installation says so: the id of its data folder. */
    issuer: z.string(),
    scope: z.string(),
    state: z.enum(['open', 'stopped']),
    stops: z.array(
      z.object({ id: z.string(), scope: z.string(), reason: z.string(), since: instant, cause: z.string(), owner: z.string().nullable() }),
    ),
    /** Seq of the latest event it knows of. Of two postures the one with the higher counts. */
    head: z.int(),
    issuedAt: instant,
    expiresAt: instant,
  })
  .meta({ id: 'LinePosture' })
export type Posture = z.infer<typeof Posture>

export const SignedPosture = z
  .object({
    payloadType: z.string(),
    payload: z.string().meta({ description: 'base64 of a LinePosture as JSON' }),
    signatures: z.array(z.object({ keyid: z.string().optional(), sig: z.string() })),
  })
  .meta({ id: 'SignedLinePosture', description: 'DSSE envelope, signed with Ed25519' })

export const LineKeys = z
  .object({
    issuer: z.string(),
    payloadType: z.string(),
    keys: z.array(
      z.object({
        keyid: z.string(),
        publicKey: z.string().meta({ description: 'SubjectPublicKeyInfo, base64 of its DER' }),
        madeAt: instant,
      }),
    ),
  })
  .meta({ id: 'LineKeys' })
