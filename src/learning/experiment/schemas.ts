import { z } from 'zod'
import { areLooks } from './plan.ts'

const key = z.string().regex(/^[A-Za-z][\w.-]{0,99}$/, 'should be letters, digits and ._- only, begin with a letter and have at most 100')
const kinds = 'should be binary, count, ratio, {type: revenue, cap: 500} or {type: quantile, q: 0.9}'
const Kind = z.union(
  [
    z.literal(['binary', 'count', 'ratio'], kinds),
    z.strictObject({ type: z.literal(['binary', 'count', 'ratio']) }),
    z.strictObject({ type: z.literal('revenue'), cap: z.number().positive('should be more than 0') }),
    z.strictObject({ type: z.literal('quantile'), q: z.number().gt(0, 'should be between 0 and 1').lt(1, 'should be between 0 and 1') }),
  ],
  kinds,
)

const Metric = z
  .strictObject({
    metric: key.meta({ description: 'as applications track it' }),
    kind: Kind.meta({
      description:
        'binary: did it or not. count: how often. revenue: how much, with a cap. ratio: how much per time, or per another metric. quantile: the value that a share q of all values is not above, 0.9',
    }),
    role: z.enum(['decision', 'guardrail', 'exploratory']),
    better: z.enum(['more', 'less']).default('more'),
    effect: z.number().positive().optional().meta({ description: 'of decisions: the least relative change worth seeing, 0.02 is 2 %' }),
    margin: z.number().min(0).optional().meta({ description: 'of guardrails: how much worse is borne, relative' }),
    before: z.boolean().default(false).meta({ description: 'take out what the 28 days before explain (CUPED)' }),
    per: key.optional().meta({ description: 'of ratios: the metric that is divided by. [default: how often]' }),
  })
  .superRefine(({ role, effect, margin }, context) => {
    if (role === 'decision' && effect === undefined)
      context.addIssue({
        code: 'custom',
        path: ['effect'],
        message: 'it decides, and says no least effect worth seeing, for example effect: 0.05',
      })
    if (role === 'guardrail' && (margin === undefined || margin >= 1))
      context.addIssue({ code: 'custom', path: ['margin'], message: 'it guards, and says no margin from 0 to 1, for example margin: 0.02' })
  })

const areDifferent = (names: readonly string[]): boolean => new Set(names).size === names.length

/** An experiment as it is written down. */
export const PlanFile = z.strictObject({
  experiment: key,
  hypothesis: z.string().max(2_000).regex(/\S/, 'there is no hypothesis'),
  owner: z.string().trim().min(1).max(100),
  flag: key.meta({ description: 'whose variants are the arms' }),
  environment: z.string().min(1).max(100).default('production'),
  arms: z.array(key).min(2).max(10).refine(areDifferent, 'has an arm twice').meta({ description: 'variants of the flag, control first' }),
  metrics: z.array(Metric).min(1).max(100),
  units: z.int().positive().optional().meta({ description: 'planned size, all arms together; without it confidence sequences are read' }),
  looks: z
    .array(z.number())
    .max(100)
    .refine(areLooks, 'should ascend to 1 by at least a thousandth each')
    .optional()
    .meta({ description: 'shares of the size at which it is decided. [default: four]' }),
  alpha: z.number().optional(),
  power: z.number().optional(),
  shipWhen: z.enum(['every', 'any']).optional(),
  layer: z
    .string('should be the name of one layer: whoever is in two cannot be kept apart in either')
    .pipe(key)
    .optional()
    .meta({ description: 'that the flag has to be in, so that its units are in no other experiment of it' }),
  holdouts: z.array(key).max(20).optional().meta({ description: 'that have to keep their units out of it' }),
})

/** What is no plan is taken too: it is read with all its faults at once, of its form and of what it names. */
export const Planning = z.object({ plan: z.union([PlanFile, z.unknown()]) })
export const Deciding = z.object({
  decision: z.enum(['ship', 'keep control', 'stop']),
  arm: z.string().optional(),
  reason: z.string().trim().min(1, 'say why').max(2_000),
  againstRule: z.boolean().default(false).meta({ description: 'ship also what the rule that was written down does not recommend' }),
})

const Interval = z.object({ low: z.number(), high: z.number() })

export const ResultView = z.object({
  metric: z.string(),
  arm: z.string(),
  q: z.number().optional().meta({ description: 'of quantiles: which, 0.9' }),
  role: z.enum(['decision', 'guardrail', 'exploratory']),
  verdict: z.enum(['better', 'worse', 'no worse', 'undecided']),
  nothing: z.string().optional().meta({ description: 'why there is nothing to tell' }),
  control: z.number().optional(),
  treatment: z.number().optional(),
  effect: z.number().optional().meta({ description: 'relative to control: 0.01 is 1 % more' }),
  always: Interval.optional().meta({ description: 'holds at every moment' }),
  atLook: Interval.optional().meta({ description: 'of decisions: of the last look; holds 0 as long as nothing is decided' }),
  leastGain: z
    .number()
    .optional()
    .meta({ description: 'of guardrails: the least gain that is still believed, at the last look or at any moment; held against -margin' }),
  p: z.number().optional(),
  adjusted: z.number().optional().meta({ description: 'for all questions of its role; of guardrails that nothing got worse' }),
  chanceToWin: z.number().optional().meta({ description: 'for telling; does not allow for looking often' }),
  explained: z.number().optional(),
  unitsWithout: z.int(),
})

export const ExperimentRow = z
  .object({
    experiment: z.string(),
    hypothesis: z.string(),
    owner: z.string(),
    flag: z.string(),
    environment: z.string(),
    state: z.enum(['planned', 'running', 'decided']),
    plannedAt: z.string(),
    startedAt: z.string().nullable(),
    decided: z
      .object({
        decision: z.string(),
        arm: z.string().nullable(),
        recommended: z.string(),
        by: z.string(),
        reason: z.string(),
        at: z.string(),
        units: z.int().nullable().meta({ description: 'that were counted then; null: by a server that did not keep it' }),
        isAgainstRule: z.boolean().meta({ description: 'shipped, and the rule that was written down did not' }),
        isEarly: z.boolean().meta({ description: 'before the planned units were there' }),
      })
      .nullable(),
  })
  .meta({ id: 'Experiment' })

export const Planned = ExperimentRow.extend({
  notes: z.array(z.string()).meta({ description: 'what has to be there yet, before it can begin' }),
}).meta({ id: 'PlannedExperiment' })

export const ExperimentStatus = ExperimentRow.extend({
  layer: z.string().nullable().meta({ description: 'whose slots its flag keeps to now' }),
  holdouts: z.array(z.string()).meta({ description: 'whose units are kept out of it now' }),
  phase: z.int(),
  since: z.string().meta({ description: 'units exposed before are of an earlier phase' }),
  units: z.int(),
  plannedUnits: z.int().nullable(),
  arms: z.array(z.object({ arm: z.string(), units: z.int(), share: z.number().meta({ description: 'that it should have' }) })),
  plan: z
    .object({
      metrics: z.array(
        z.object({
          metric: z.string(),
          kind: z.string().meta({ description: 'with its cap, its quantile, or what it is divided by' }),
          role: z.enum(['decision', 'guardrail', 'exploratory']),
          better: z.enum(['more', 'less']),
          effect: z.number().nullable(),
          margin: z.number().nullable(),
          before: z.boolean(),
        }),
      ),
      looks: z.array(z.number()),
      alpha: z.number(),
      power: z.number(),
      shipWhen: z.enum(['every', 'any']),
    })
    .meta({ description: 'as it was written down' }),
  crossed: z.int().meta({ description: 'units that saw several arms, and count in none' }),
  split: z.object({ verdict: z.enum(['right', 'wrong', 'nobody yet']), p: z.number(), sees: z.number() }),
  looking: z.object({ may: z.boolean(), share: z.number(), why: z.string().nullable(), unitsMissing: z.int().nullable() }),
  results: z.array(ResultView),
  recommendations: z.array(z.object({ arm: z.string(), action: z.string(), because: z.array(z.string()) })),
  looks: z.array(z.object({ at: z.string(), phase: z.int(), units: z.int(), told: z.unknown() })),
}).meta({ id: 'ExperimentStatus' })

const names = z.array(z.string())
const OverlapView = z
  .object({
    experiments: names.meta({ description: 'two of them' }),
    environment: z.string(),
    arms: z.array(names).meta({ description: 'of the one, and of the other; control first' }),
    units: z.int().meta({ description: 'in both' }),
    verdict: z.enum(['interact', 'not independent', 'nothing seen', 'cannot say', 'kept apart']),
    because: z.string().meta({ description: 'what that means, and what to do' }),
    metrics: z.array(
      z.object({
        metric: z.string(),
        cells: z
          .array(z.array(z.object({ count: z.int(), mean: z.number() })))
          .meta({ description: 'a row for each arm of the one, a column for each of the other' }),
        nothing: z.string().optional().meta({ description: 'why there is nothing to tell' }),
        contrasts: z
          .array(z.object({ arms: names, estimate: z.number(), low: z.number(), high: z.number() }))
          .optional()
          .meta({
            description: 'effect of a treatment beside the treatment of the other, less that beside its control; limits of every moment',
          }),
        p: z.number().optional().meta({ description: 'of any moment' }),
        adjusted: z.number().optional().meta({ description: 'among all pairs and metrics (Benjamini and Hochberg)' }),
      }),
    ),
  })
  .meta({ id: 'ExperimentOverlap' })

export const ExperimentOverlaps = z
  .object({
    overlaps: z.array(OverlapView).meta({ description: 'what stands out first' }),
    every: z.int().meta({ description: '1: of all units; else of every so-many-th, where there are too many to be looked up one by one' }),
  })
  .meta({ id: 'ExperimentOverlaps' })
export type ExperimentOverlaps = z.infer<typeof ExperimentOverlaps>
export type OverlapView = z.infer<typeof OverlapView>

export type ExperimentRow = z.infer<typeof ExperimentRow>
export type ExperimentStatus = z.infer<typeof ExperimentStatus>
export type ResultView = z.infer<typeof ResultView>
