import { z } from 'zod'
import { Failing, Timed } from '../keys/schemas.ts'
import { Quantile } from '../schemas.ts'

const Moment = z.enum(['deployed', 'began', 'detected', 'mended', 'recovered', 'resolved'])
const When = z.iso.datetime().nullable()
const Ms = z.number().nullable().meta({ description: 'milliseconds; null: not known, or not yet' })

export const StageView = z
  .object({
    stage: z.enum(['detect', 'recover', 'mend', 'roll', 'verify', 'exposed']),
    from: Moment,
    to: Moment,
    means: z.string(),
    ended: z.int(),
    open: z.int().meta({ description: 'in it now: counted with the time it has lasted (Kaplan-Meier)' }),
    ahead: z.int().meta({ description: 'not come to it yet' }),
    unknown: z.int().meta({ description: 'of which nobody told when it began or ended. All four sum to the failures' }),
    p50: Quantile.nullable().meta({ description: 'null: nothing is known of any' }),
    p85: Quantile.nullable(),
  })
  .meta({ id: 'RecoveryStage' })
export type StageView = z.infer<typeof StageView>

const Ways = z.object({
  back: z.int().meta({ description: 'ended by a deployment of an earlier version' }),
  forward: z.int().meta({ description: 'ended by a deployment of a later one' }),
  other: z.int().meta({ description: 'over without a deployment that is known' }),
  open: z.int().meta({ description: 'not over' }),
})

const Summary = z.object({
  failures: z.int().meta({ description: 'that began in the window and more likely than not came of a deployment of this stream' }),
  recovery: Timed.meta({ description: 'the key: from when they began until they were over' }),
  ways: Ways,
})

const Row = z.object({
  kind: z.enum(['incident', 'back', 'failed']),
  id: z.string(),
  summary: z.string().nullable(),
  version: z.string().nullable().meta({ description: 'what it most likely came of' }),
  probability: z.number().nullable().meta({ description: 'that it did' }),
  deployed: When.meta({ description: 'the deployment that it more likely than not came of' }),
  began: z.iso.datetime(),
  detected: When.meta({ description: 'somebody saw it; null: going back does not say when' }),
  mended: When.meta({ description: 'the version that ended it was first seen anywhere, after the failure was' }),
  recovered: When.meta({ description: 'what ended it ran' }),
  resolved: When.meta({ description: 'somebody said that it is over' }),
  over: When.meta({ description: 'null: it is not' }),
  way: z.enum(['back', 'forward', 'other', 'open']),
  by: z.string().nullable().meta({ description: 'the version that ended it' }),
  detectMs: Ms,
  recoverMs: Ms,
  mendMs: Ms,
  rollMs: Ms,
  verifyMs: Ms,
  exposedMs: Ms,
  unknown: z.array(z.string()).meta({ description: 'why something is not known' }),
})

export const RecoveryView = Summary.extend({
  stream: z.string(),
  environment: z.string(),
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  asOf: z.iso.datetime().meta({ description: 'the latest moment of which something is known' }),
  known: Failing,
  stages: z.array(StageView),
  spentMs: z.number().meta({ description: 'all the time of all failures, from the first moment that is known of each until it was over' }),
  parts: z
    .array(
      z.object({
        from: Moment,
        to: Moment.nullable().meta({ description: 'null: not over' }),
        failures: z.int(),
        ms: z.number(),
        share: z.number().nullable(),
      }),
    )
    .meta({ description: 'of spentMs, from one moment that is known to the next; they sum exactly to it' }),
  rows: z.array(Row).meta({ description: 'newest first, at most 500; `failures` counts all' }),
}).meta({ id: 'Recovery' })
export type RecoveryView = z.infer<typeof RecoveryView>

export const RecoveryBoard = z
  .object({
    known: Failing,
    shared: z.int().meta({ description: 'failures that came of a deployment of these streams, and of none of them more likely than not' }),
    rows: z.array(
      Summary.extend({
        stream: z.string(),
        environment: z.string(),
        since: z.iso.datetime(),
        until: z.iso.datetime(),
        asOf: z.iso.datetime(),
        detect: Quantile.nullable(),
        recover: Quantile.nullable(),
        verify: Quantile.nullable(),
        exposed: Quantile.nullable(),
      }),
    ),
  })
  .meta({ id: 'RecoveryBoard', description: 'p50 of each stage; null: nothing is known of any' })
export type RecoveryBoard = z.infer<typeof RecoveryBoard>
