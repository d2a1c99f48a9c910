import { z } from 'zod'
import { changes, sources } from './events.ts'
import { hows } from './moves.ts'
import { bucketings, purposes, states } from './flag.ts'

const share = z.string().meta({ description: 'of all units, as 5% or 0.25%' })
const Serve = z.union([z.string(), z.record(z.string(), share)]).meta({ description: 'a variant, or shares of variants' })

const Guardrail = z.object({
  metric: z.string(),
  kind: z.enum(['binary', 'count', 'ratio']),
  better: z.enum(['more', 'less']),
  action: z.enum(['pause', 'turn back']),
})

const PlanView = z
  .object({
    variant: z.string(),
    keeps: share.nullable().meta({ description: 'what the variant has, where its step asks for less; null: what its step says' }),
    steps: z.array(
      z.object({
        share,
        holdMs: z.int().meta({ description: 'how long it is held before the next step' }),
        until: z.string().nullable().meta({ description: 'an experiment that has to be decided before the next step' }),
      }),
    ),
    step: z.int().meta({ description: 'index of the step that it is on' }),
    since: z.iso.datetime().nullable(),
    guardrails: z.array(Guardrail),
    paused: z.string().nullable().meta({ description: 'why it waits; null: it does not' }),
    waitsFor: z.string().nullable().meta({ description: 'the experiment by whose decision the next step comes, or none does' }),
    nextAt: z.iso.datetime().nullable().meta({ description: 'when the next step is due; null: there is none, or nobody knows when' }),
  })
  .meta({ id: 'FlagPlan' })

export const SettingView = z
  .object({
    environment: z.string(),
    state: z.enum(states),
    killed: z.boolean(),
    serve: Serve,
    rules: z.array(z.object({ id: z.string(), when: z.unknown(), serve: Serve })),
    sample: share,
    load: z.number().meta({ description: 'plays a second, of all clients together, in the dark' }),
    plan: PlanView.nullable(),
  })
  .meta({ id: 'FlagSetting' })

export const RevisionView = z
  .object({
    revision: z.int(),
    change: z.enum(changes),
    environment: z.string().nullable(),
    by: z.string(),
    reason: z.string(),
    origin: z.enum(['file', 'api', 'ramp']),
    at: z.iso.datetime(),
  })
  .meta({ id: 'FlagRevision' })

export type SettingView = z.infer<typeof SettingView>
export type RevisionView = z.infer<typeof RevisionView>

export const FlagView = z
  .object({
    flag: z.string(),
    description: z.string(),
    owner: z.string(),
    purpose: z.enum(purposes),
    expires: z.string().nullable(),
    service: z.string().nullable(),
    change: z.string().nullable(),
    type: z.enum(['boolean', 'string', 'number', 'object']),
    control: z.string(),
    environments: z.array(SettingView),
    latest: RevisionView,
  })
  .meta({ id: 'Flag' })

export type FlagView = z.infer<typeof FlagView>

const RevisionDetail = RevisionView.extend({
  stands: z
    .array(
      z.object({
        environment: z.string(),
        state: z.enum(states),
        killed: z.boolean(),
        serve: Serve,
        plan: z
          .object({ steps: z.array(share), step: z.int(), paused: z.string().nullable() })
          .nullable()
          .meta({ description: 'the shares of its plan, the index of the step that it was on, and why it waited' }),
      }),
    )
    .meta({ description: 'how it stood from then on' }),
}).meta({ id: 'FlagRevisionDetail' })

export const FlagDetail = FlagView.extend({
  variants: z.record(z.string(), z.unknown()),
  bucketing: z.enum(bucketings),
  bucketBy: z.string(),
  requires: z.array(z.object({ flag: z.string(), variant: z.string() })),
  layer: z.string().nullable().meta({ description: 'the layer whose slots it keeps to' }),
  holdouts: z.array(z.string()).meta({ description: 'holdouts whose units it is kept from' }),
  carriedOver: z
    .array(z.object({ environment: z.string(), flag: z.string(), from: z.string(), share, until: z.iso.datetime() }))
    .meta({ description: 'of a layer: slots that a flag owns and another one owned before, until when' }),
  document: z.record(z.string(), z.unknown()).meta({ description: 'the flag in the words of its file' }),
  text: z.string().meta({ description: 'the same as YAML' }),
  revisions: z.array(RevisionDetail).meta({ description: 'newest first' }),
}).meta({ id: 'FlagDetail' })
export type FlagDetail = z.infer<typeof FlagDetail>

export const Published = z
  .object({
    flag: z.string(),
    revision: z.int(),
    changed: z.boolean().meta({ description: 'false: it stood so already' }),
    latest: RevisionView,
    was: RevisionView.nullable().meta({ description: 'the revision before, where this made another; null: it is new, or stood so' }),
    environments: z.array(SettingView).meta({ description: 'how it stands now' }),
    notes: z.array(z.string()).meta({ description: 'what whoever asked for it should know, though nothing stood against it' }),
  })
  .meta({ id: 'FlagPublished' })

const MoveView = z.object({
  environment: z.string(),
  rule: z.string().nullable().meta({ description: 'null: whoever no rule fits' }),
  moved: share.meta({ description: 'units that see a variant and would see another one' }),
  how: z.enum(hows).meta({
    description:
      'taken: their variant is taken from them. diced: every unit would be put into another bucket. gone: the environment or the rule is no more. other: the rule fits others, and they may see another one',
  }),
})

export const Previewed = z
  .object({
    flag: z.string(),
    revision: z.int().meta({ description: 'that stands; 0: it is new' }),
    moves: z.array(MoveView),
    values: z
      .array(z.object({ variant: z.string(), was: z.unknown(), is: z.unknown(), environments: z.array(z.string()) }))
      .meta({ description: 'variants that would come to something else, and where units were given them' }),
    typeWas: z
      .string()
      .nullable()
      .meta({ description: 'the type of its values until now; code that asks for it would get its own default. null: it stays' }),
    against: z
      .string()
      .nullable()
      .meta({ description: 'what layers, holdouts, buckets and experiments say against it, unless it is meant (`rebucket`)' }),
    notes: z.array(z.string()).meta({ description: 'what whoever publishes it should know, though nothing stands against it' }),
    changed: z
      .object({ fields: z.array(z.string()), environments: z.array(z.string()) })
      .meta({ description: 'of its file: fields, and environments that would stand otherwise, be new or be gone' }),
    would: FlagDetail.omit({ latest: true, revisions: true, text: true, holdouts: true, carriedOver: true }).meta({
      description: 'how it would stand',
    }),
  })
  .meta({ id: 'FlagPreviewed' })
export type Previewed = z.infer<typeof Previewed>

const reason = z.string().trim().min(1, 'say why').max(2_000)
const expected = z.int().min(0).optional().meta({ description: 'the revision that was seen; another one is a conflict' })
const unready = z.boolean().default(false).meta({ description: 'out of the dark, whatever rehearsals showed' })
const rebucket = z.boolean().default(false).meta({ description: 'it is meant that everybody is put into another bucket' })

const File = z.object({
  document: z.string().max(60_000).meta({ description: 'YAML or JSON, see docs/flags.md' }),
  file: z.string().min(1).max(400).default('flag.yaml').meta({ description: 'its name, for the faults' }),
})

export const Publishing = z.object({
  files: z.array(File).min(1, 'no file').max(2_000),
  reason,
  origin: z.enum(['file', 'api']).default('file').meta({ description: 'file: what was changed elsewhere since is not undone' }),
  over: z.boolean().default(false).meta({ description: 'what was changed elsewhere may be undone' }),
  expected,
  rebucket,
  unready,
  source: z.enum(sources).optional().meta({ description: 'whose features are brought in; a flag that did not come from there is refused' }),
  dryRun: z.boolean().default(false).meta({ description: 'everything is checked, and nothing is published' }),
})
export const Previewing = z.object({ files: z.array(File).min(1, 'no file').max(2_000) })

const Planning = z
  .union([
    z.object({
      variant: z.string().optional(),
      steps: z
        .array(z.object({ share, hold: z.string().optional(), until: z.string().optional() }))
        .min(1)
        .max(100),
    }),
    z.object({ variant: z.string().optional(), to: share, over: z.string() }),
  ])
  .meta({ description: 'steps by which the ramp goes on by itself, or one share to be reached evenly over a time' })

export const Pausing = z.object({ environment: z.string().min(1), reason })

export const Standing = z.object({
  environment: z.string().min(1),
  state: z.enum(states).optional(),
  serve: Serve.optional(),
  sample: share.optional(),
  plan: Planning.optional(),
  reason,
  expected,
  rebucket,
  unready,
})

export const Killing = z.object({ environment: z.string().min(1).optional().meta({ description: '[default: all]' }), reason })

export const Asking = z.object({ context: z.record(z.string(), z.unknown()).default({}) })

export const Why = z
  .object({
    flag: z.string(),
    value: z.unknown(),
    variant: z.string().nullable(),
    reason: z.string(),
    rule: z.string().meta({ description: 'id of the rule that decided; `default`: none did' }),
    revision: z.int().nullable(),
    state: z.string().nullable().meta({ description: '`killed`, whatever its state is' }),
    words: z.string().nullable().meta({ description: 'why, in words' }),
    error: z.string().nullable(),
    apart: z.string().nullable().meta({ description: 'how the unit is kept out of it, by a layer or a holdout' }),
  })
  .meta({ id: 'FlagWhy' })
export type Why = z.infer<typeof Why>

const share01 = z.number().nullable().meta({ description: '0 to 1; null: nothing is known' })

export const Readiness = z
  .object({
    flag: z.string(),
    environment: z.string(),
    since: z.iso.datetime().meta({ description: 'rehearsals before it do not count' }),
    why: z.string().meta({ description: 'why since then' }),
    ready: z.enum(['yes', 'not yet', 'no']),
    sentence: z.string(),
    against: z.array(z.string()),
    demands: z.object({ rehearsals: z.int(), differ: z.number(), fail: z.number(), slowerMs: z.number().nullable() }),
    rehearsals: z.int(),
    timeouts: z.int(),
    dropped: z.int(),
    differing: z.object({ share: share01, noise: share01, excessAtMost: z.number() }),
    failing: z.object({ share: share01, atMost: z.number() }),
    p99Ms: z.object({ control: z.number().nullable(), candidate: z.number().nullable() }),
    differences: z.array(z.object({ difference: z.string(), candidate: z.int(), noise: z.int() })),
  })
  .meta({ id: 'FlagReadiness' })
export type Readiness = z.infer<typeof Readiness>

export const FlagDay = z
  .object({ environment: z.string(), variant: z.string(), day: z.iso.date(), asked: z.int(), shown: z.int() })
  .meta({ id: 'FlagDay' })
export type FlagDay = z.infer<typeof FlagDay>

export const FlagBeside = z
  .object({
    service: z.string().nullable().meta({ description: 'null: the flag names none, and nothing is known' }),
    deployments: z
      .array(
        z.object({
          environment: z.string(),
          at: z.iso.datetime(),
          version: z.string().meta({ description: 'of ours a candidate' }),
          commit: z.string().nullable(),
          back: z.boolean().meta({ description: 'it went back to it' }),
        }),
      )
      .meta({ description: 'newest first' }),
    incidents: z
      .array(
        z.object({
          incident: z.string(),
          environment: z.string().nullable().meta({ description: 'null: whoever told it did not say' }),
          at: z.iso.datetime().meta({ description: 'when it was seen' }),
          over: z.iso.datetime().nullable(),
          summary: z.string().nullable(),
        }),
      )
      .meta({ description: 'newest first' }),
    left: z.object({ deployments: z.int(), incidents: z.int() }).meta({ description: 'older ones that are not told' }),
  })
  .meta({ id: 'FlagBeside' })
export type FlagBeside = z.infer<typeof FlagBeside>

export const StaleFlag = z
  .object({
    flag: z.string(),
    owner: z.string(),
    because: z.array(z.string()),
    lastAsked: z.iso.date().nullable(),
    changed: z.iso.datetime(),
  })
  .meta({ id: 'StaleFlag' })
export type StaleFlag = z.infer<typeof StaleFlag>
