import { z } from 'zod'
import { duration, Name } from '../definition/schema/values.ts'
import { usualDemands } from '../dark/readiness.ts'
import { bucketings, codeDefault, purposes, slotCount, states } from './flag.ts'
import { holdMsMin, planStepsMax } from './plan.ts'
import { sharePattern, slotsWritten } from './written.ts'

const keyRule = 'should be letters, digits and ._- only, begin with a letter and have at most 100 characters'
const Key = z.string().regex(/^(?!constructor$|__proto__$)[A-Za-z][\w.-]{0,99}$/, keyRule)
const shareRule = 'should be a share such as 5% or 0.25%'
/** Hundredths of a percent: as many as there are slots. */
const Share = z
  .string(shareRule)
  .regex(sharePattern, shareRule)
  .transform(slotsWritten)
  .refine((slots) => slots <= slotCount, 'should be at most 100%')
const Shares = z.record(Key, Share)
/** A variant, or the code's own default. */
const Served = z.union([z.literal(codeDefault), Key])
const Line = (max: number) => z.string().trim().min(1, 'is empty').max(max, `is longer than ${max} characters`)
const dateRule = 'should be a day such as 2027-03-31, or never'

const untilRule = 'should be a moment with its offset such as 2027-01-11T09:00:00+01:00, or the name of an experiment'

const Moment = z.iso.datetime({ offset: true })
/** Whoever writes such a word means a moment, and would wait for an experiment of that name for ever. */
const words = /^(now|today|tonight|tomorrow|yesterday|noon|midnight|(mon|tues|wednes|thurs|fri|satur|sun)day|next[-_].*)$/i
const isName = (text: string) => Key.safeParse(text).success && !words.test(text)
const Until = z.string(untilRule).refine((text) => Moment.safeParse(text).success || isName(text), untilRule)

const Rule = z.strictObject({
  id: Name.meta({ description: 'What answers say when this rule decided.' }),
  when: z.unknown().meta({ description: 'Attributes of the context, and what they have to be.', examples: [{ country: ['DE', 'AT'] }] }),
  serve: z.union([Served, Shares]).meta({ description: 'A variant, or shares of variants; $code: the default of the code that asks.' }),
})

const dayMs = 86_400_000
const Plan = z.strictObject({
  variant: Key.optional().meta({ description: 'The variant that grows. [default: the only one beside control]' }),
  steps: z
    .array(
      z.strictObject({
        share: Share.meta({ examples: ['5%'] }),
        hold: duration(holdMsMin, 90 * dayMs)
          .optional()
          .meta({
            description:
              'How long it is held before the next step. [default: 1h; nothing where it is held until something, and of the last step]',
            examples: ['4h'],
          }),
        until: Until.optional().meta({
          description:
            'A moment before which the next step does not come; or an experiment: the next step comes when it is decided to ship the variant, and decided otherwise the flag is turned off.',
          examples: ['2027-01-11T09:00:00+01:00', 'one-page'],
        }),
      }),
    )
    .min(1)
    .max(planStepsMax),
  guardrails: z
    .array(
      z.strictObject({
        metric: Key.meta({ description: 'As applications track it.', examples: ['checkout-errors'] }),
        kind: z
          .enum(['binary', 'count', 'ratio'])
          .default('count')
          .meta({ description: 'Of a unit: did it or not, how often, how much each time.' }),
        better: z.enum(['more', 'less']).default('less'),
        action: z.enum(['pause', 'turn back']).default('turn back').meta({ description: 'What happens when harm is shown.' }),
      }),
    )
    .max(20)
    .default([])
    .meta({ description: 'What must not get worse than with control while it grows.' }),
})

const ratio = Share.transform((slots) => slots / slotCount)
const Ready = z.strictObject({
  rehearsals: z.int().min(1).max(1_000_000_000).default(usualDemands.rehearsals).meta({ description: 'So many at least.' }),
  differ: ratio
    .optional()
    .meta({ description: 'More may not differ, beyond what control differs from itself. [default: 0.1%]', examples: ['0.1%'] }),
  fail: ratio.optional().meta({ description: 'More may not fail. [default: 0.1%]', examples: ['0.1%'] }),
  slower: duration(0)
    .optional()
    .meta({ description: 'It may be slower by this at the 99th percentile. [default: however much]', examples: ['20ms'] }),
})

const Setting = z.strictObject({
  state: z.enum(states).meta({
    description: 'off: control. dark: control, and clients rehearse. ramp: shares. on: one variant. retired: one variant for good.',
  }),
  killed: z.boolean().default(false).meta({ description: 'The kill switch: control for everybody.' }),
  rules: z.array(Rule).max(100).default([]).meta({ description: 'The first that fits decides.' }),
  serve: z
    .union([Served, Shares])
    .optional()
    .meta({ description: 'What everybody else gets; who is in no share gets control. [default: control]' }),
  ramp: Plan.optional().meta({ description: 'Steps by which the ramp goes on by itself; `serve` follows them.' }),
  ready: Ready.optional().meta({ description: 'What rehearsals have to show before it leaves the dark.' }),
  load: z
    .number()
    .min(0)
    .max(1_000_000)
    .optional()
    .meta({ description: 'How often a second clients play it in the dark, all together. [default: 0]', examples: [500] }),
  sample: Share.optional().meta({ description: 'Share of units that rehearse in the state dark. [default: 100%]', examples: ['10%'] }),
})

const Scalar = z.union([z.boolean(), z.string().max(10_000), z.number()])

export const FlagFile = z.strictObject({
  flag: Key.meta({ description: 'What code asks for.', examples: ['checkout-v2'] }),
  description: Line(1_000).optional(),
  owner: Line(100).meta({ description: 'Who answers for it: a person or a team.', examples: ['shop'] }),
  purpose: z.enum(purposes).meta({ description: 'Why it exists; a release and an experiment end one day.' }),
  expires: z
    .union([z.literal('never'), z.iso.date(dateRule)], dateRule)
    .optional()
    .meta({ description: 'The day by which it should be gone from the code.', examples: ['2027-03-31'] }),
  service: Name.optional().meta({ description: 'The value stream it belongs to.' }),
  change: Line(200).optional().meta({ description: 'The commit or request that brought it.' }),
  variants: z
    .record(Key, z.union([Scalar, z.record(z.string(), z.unknown()), z.array(z.unknown())]))
    .optional()
    .meta({ description: 'Values by name, all of one type. [default: {off: false, on: true}]' }),
  control: Served.optional().meta({ description: 'The variant of everybody while it is off. [default: off]' }),
  bucketing: z.enum(bucketings).default('fractional-v2').meta({ description: 'How buckets are made; a change moves everybody.' }),
  bucketBy: Line(100)
    .default('targetingKey')
    .meta({ description: 'Attribute whose value decides the bucket.', examples: ['companyId'] }),
  salt: Line(200).optional().meta({ description: 'In front of that value; a change moves everybody. [default: name of the flag]' }),
  requires: z
    .array(z.strictObject({ flag: Key, variant: Key }))
    .max(10)
    .default([])
    .meta({ description: 'Variants of other flags without which everybody gets control.' }),
  layer: z
    .string('should be the name of one layer: whoever is in two cannot be kept apart in either')
    .pipe(Key)
    .optional()
    .meta({ description: 'The layer whose slots it keeps to: outside its share everybody gets control.' }),
  holds: z
    .union([z.literal('experiments'), z.strictObject({ owner: Line(100) }), z.strictObject({ layer: Key })])
    .optional()
    .meta({ description: 'Of a holdout: experiments (all of them), those of one {owner: shop}, or all flags of a {layer: checkout}.' }),
  environments: z
    .record(Name, Setting)
    .refine((all) => Object.keys(all).length > 0, 'names no environment: it would be asked for in vain')
    .meta({ description: 'How it stands, by environment.' }),
})

/** After reading, before it is a flag. */
export type File = z.output<typeof FlagFile>
export type ReadPlan = z.output<typeof Plan>
export type ReadReady = z.output<typeof Ready>
