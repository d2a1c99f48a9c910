import { z } from 'zod'
import type { Fault } from '../../kernel/errors.ts'
import { bucketCounts } from '../../../sdk/src/imported/index.ts'
import { readDocument, refusedDocument } from '../definition/document.ts'
import { faultsOf } from '../definition/issues.ts'
import { pointerOf, type Places } from '../definition/places.ts'
import { duration, Name } from '../definition/schema/values.ts'
import { suggestion } from '../definition/suggest.ts'
import { usualDemands, type Demands } from '../dark/readiness.ts'
import { conditionFaults } from './condition.ts'
import { holdoutVariants, keepsApart, layerVariants } from './exclusion.ts'
import { holdMsMin, newPlan, planFault, planStepsMax, stepOf } from './plan.ts'
import {
  bucketings,
  codeDefault,
  isOfFlagd,
  purposes,
  slotCount,
  states,
  typeOf,
  type Bucketing,
  type Flag,
  type Serve,
  type Setting,
  type Value,
} from './flag.ts'
import { sharePattern, shareOf, slotsWritten } from './written.ts'

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
const Until = z.string(untilRule).refine((text) => Moment.safeParse(text).success || Key.safeParse(text).success, untilRule)

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

type File = z.output<typeof FlagFile>

/** Larger ones are not configuration any more. */
export const documentMax = 60_000

/**
 * Reads a flag from YAML or JSON. Every fault is found in one go, each with line, column and what to do. Pure.
 * @param file - its name, for the faults
 * @throws ThreewaysError `FLAG_INVALID` with `faults`
 */
export function readFlag(text: string, file: string): Flag {
  const { value, places, faults: written, broken } = readDocument(text, file, 'plain')
  if (broken) throw refusal(written, file)
  const parsed = FlagFile.safeParse(value)
  if (!parsed.success) throw refusal([...written, ...faultsOf(parsed.error, FlagFile, value, places)], file)
  const flag = flagOf(parsed.data)
  const meaning = [...written, ...meaningFaults(flag, parsed.data, places)]
  if (meaning.length > 0) throw refusal(meaning, file)
  return flag
}

function flagOf(file: File): Flag {
  const variants = variantsOf(file)
  const control = file.control ?? (Object.hasOwn(variants, 'off') ? 'off' : Object.keys(variants)[0]!)
  const flag: Flag = {
    flag: file.flag,
    description: file.description ?? '',
    owner: file.owner,
    purpose: file.purpose,
    expires: file.expires === undefined || file.expires === 'never' ? null : file.expires,
    service: file.service ?? null,
    change: file.change ?? null,
    variants,
    control,
    bucketing: file.bucketing,
    bucketBy: file.bucketBy,
    salt: file.salt ?? file.flag,
    requires: file.requires,
    ...(file.layer === undefined ? {} : { layer: file.layer }),
    ...(file.holds === undefined ? {} : { holds: file.holds }),
    environments: Object.fromEntries(
      Object.entries(file.environments).map(([name, { state, killed, rules, serve, sample, ramp, ready, load }]): [string, Setting] => [
        name,
        {
          state,
          killed,
          rules: rules as Setting['rules'],
          ...rampOf(ramp, serve, control, variants),
          sample: sample ?? slotCount,
          load: load ?? 0,
          ready: ready === undefined ? null : demandsOf(ready),
        },
      ]),
    ),
  }
  return flag.purpose === 'layer' && file.variants === undefined ? { ...flag, variants: layerVariants(control, flag.environments) } : flag
}

function variantsOf({ purpose, variants, control }: File): Readonly<Record<string, Value>> {
  if (variants !== undefined) return variants as Readonly<Record<string, Value>>
  if (purpose === 'layer') return { [control ?? 'none']: control ?? 'none' }
  return purpose === 'holdout' ? holdoutVariants : { off: false, on: true }
}

const demandsOf = ({ rehearsals, differ, fail, slower }: z.output<typeof Ready>): Demands => ({
  rehearsals,
  differ: differ ?? usualDemands.differ,
  fail: fail ?? usualDemands.fail,
  slowerMs: slower ?? null,
})

/** What is served, and the plan by which it grows: a plan alone serves its first step. */
function rampOf(ramp: z.output<typeof Plan> | undefined, serve: Serve | undefined, control: string, variants: Flag['variants']) {
  if (ramp === undefined) return { serve: serve ?? control, plan: null }
  const others = Object.keys(variants).filter((name) => name !== control)
  const variant = ramp.variant ?? (others.length === 1 ? others[0]! : '')
  const steps = ramp.steps.map(({ share, hold, until }) => stepOf(share, hold, until))
  return { serve: serve ?? { [variant]: steps[0]!.share }, plan: newPlan(variant, steps, ramp.guardrails) }
}

/** With flagd's, each slot is one. */
const bucketsOf = (bucketing: Bucketing): number => (isOfFlagd(bucketing) ? slotCount : (bucketCounts[bucketing] ?? slotCount))

function meaningFaults(flag: Flag, file: File, places: Places): readonly Fault[] {
  const names = Object.keys(flag.variants)
  const types = new Set(Object.values(flag.variants).map(typeOf))
  const faults: Fault[] = []
  if (names.length === 0) faults.push(places.atKey('/variants', { message: 'has no variant', help: 'for example {off: false, on: true}' }))
  if (types.size > 1) {
    const help = 'code asks for one type: give each type a flag of its own'
    faults.push(places.atKey('/variants', { message: `has variants of ${[...types].join(' and ')}`, help }))
  }
  const mustEnd = flag.purpose === 'release' || flag.purpose === 'experiment' || flag.purpose === 'holdout'
  if (mustEnd && flag.expires === null) {
    const message = `a flag for ${flag.purpose === 'experiment' ? 'an' : 'a'} ${flag.purpose} ends one day, and this one does not say when`
    faults.push(
      places.atValue('/expires', {
        message,
        help: 'add `expires: ` and the day by which it should be gone',
        value: file.expires ?? 'nothing',
      }),
    )
  }
  const variant = (name: string, path: readonly PropertyKey[]) => {
    if (name === codeDefault || Object.hasOwn(flag.variants, name)) return
    faults.push(
      places.atValue(pointerOf(path), {
        message: `there is no variant "${name}"`,
        value: name,
        help: suggestion(name, names, 'add it under variants:'),
      }),
    )
  }
  const step = slotCount / bucketsOf(flag.bucketing)
  // A bucket is given away whole: a part of one would be more, or nothing, and nobody would be told.
  const wholeBuckets = (slots: number, path: readonly PropertyKey[]) => {
    if (slots % step === 0) return
    const message = `is a part of a bucket: ${flag.bucketing} has ${slotCount / step} of them`
    faults.push(places.atValue(pointerOf(path), { message, value: shareOf(slots), help: `make it a multiple of ${shareOf(step)}` }))
  }
  const serve = (served: Serve, path: readonly PropertyKey[]) => {
    if (typeof served === 'string') return variant(served, path)
    for (const name of Object.keys(served)) variant(name, [...path, name])
    for (const [name, slots] of Object.entries(served)) wholeBuckets(slots, [...path, name])
    const sum = Object.values(served).reduce((all, slots) => all + slots, 0)
    if (sum <= slotCount) return
    faults.push(
      places.atKey(
        pointerOf(path),
        flag.purpose === 'layer'
          ? {
              message: `${sum / 100}% of the layer would be owned: ${Object.entries(served)
                .map(([name, slots]) => `${name} ${slots / 100}%`)
                .join(', ')}`,
              help: 'a slot has one owner: make them 100% or less, or ask in another layer',
            }
          : { message: `shares add up to ${sum / 100}%`, help: 'make them 100% or less: the rest gets control' },
      ),
    )
  }
  variant(flag.control, ['control'])
  for (const [environment, setting] of Object.entries(flag.environments)) {
    const at = ['environments', environment]
    serve(setting.serve, [...at, 'serve'])
    for (const [index, rule] of setting.rules.entries()) {
      const here = [...at, 'rules', index]
      serve(rule.serve, [...here, 'serve'])
      for (const { path, message, help } of conditionFaults(rule.when, [...here, 'when']))
        faults.push(places.atValue(pointerOf(path), { message, help }))
      if (setting.rules.findIndex(({ id }) => id === rule.id) < index)
        faults.push(
          places.atValue(pointerOf([...here, 'id']), {
            message: `another rule is called "${rule.id}" already`,
            value: rule.id,
            help: 'choose another name',
          }),
        )
    }
    faults.push(...stateFaults(setting, at, places))
    if (setting.plan !== null) {
      const { variant: grows, steps } = setting.plan
      if (grows === '')
        faults.push(
          places.atKey(pointerOf([...at, 'ramp']), {
            message: 'does not say which variant grows',
            help: `add variant: ${names.filter((name) => name !== flag.control).join(' or ')}`,
          }),
        )
      else variant(grows, [...at, 'ramp', 'variant'])
      for (const [index, { share }] of steps.entries()) wholeBuckets(share, [...at, 'ramp', 'steps', index, 'share'])
      const fault = planFault(grows, steps, flag.control, setting.serve)
      if (fault !== undefined)
        faults.push(places.atKey(pointerOf([...at, 'ramp']), { message: fault, help: 'for example 1%, 5%, 25%, 100%' }))
    }
  }
  faults.push(...apartFaults(flag, file, places))
  if (flag.requires.some((one) => one.flag === flag.flag))
    faults.push(places.atKey('/requires', { message: 'requires itself', help: 'remove it' }))
  return faults
}

/** What layers and holdouts may not be: they do nothing but dice, so that who is where can be said of a unit by its hash alone. */
function apartFaults(flag: Flag, file: File, places: Places): readonly Fault[] {
  const faults: Fault[] = []
  const say = (path: readonly PropertyKey[], message: string, help: string) => faults.push(places.atKey(pointerOf(path), { message, help }))
  if (flag.holds !== undefined && flag.purpose !== 'holdout')
    say(['holds'], 'only a holdout holds', 'remove it, or write `purpose: holdout`')
  if (!keepsApart(flag)) return faults
  const what = `a ${flag.purpose}`
  if (flag.purpose === 'holdout' && flag.holds === undefined)
    say(
      ['purpose'],
      'does not say what its units are kept out of',
      'add `holds: experiments`, `holds: {owner: shop}` or `holds: {layer: checkout}`',
    )
  if (file.variants !== undefined) say(['variants'], `${what} has no variants of its own`, 'remove them: they follow from what it serves')
  if (flag.purpose === 'holdout' && file.control !== undefined) say(['control'], 'a holdout has no control of its own', 'remove it')
  if (flag.requires.length > 0) say(['requires'], `${what} requires nothing`, 'remove it')
  if (flag.layer !== undefined) say(['layer'], `${what} is in no layer`, 'remove it')
  for (const [environment, { state, rules, plan, serve }] of Object.entries(flag.environments)) {
    const at = ['environments', environment]
    if (state !== 'ramp' && state !== 'off') say([...at, 'state'], `${what} dices, or is off`, 'write `state: ramp` and shares under serve')
    if (rules.length > 0) say([...at, 'rules'], `${what} dices everybody alike, without rules`, 'remove them')
    if (plan !== null) say([...at, 'ramp'], `${what} does not grow by itself`, 'remove ramp, and write shares under serve')
    if (typeof serve === 'string') continue
    if (flag.purpose === 'layer' && Object.hasOwn(serve, flag.control))
      say([...at, 'serve'], `"${flag.control}" is for who is in no flag`, 'leave it out: it gets the rest')
    if (flag.purpose === 'holdout' && (serve['held'] ?? 0) >= slotCount)
      say([...at, 'serve'], 'holds everybody, so that there is nobody to compare with', 'hold a share, for example {held: 5%}')
  }
  return faults
}

/** What a state does not go with would be kept and never be true. */
function stateFaults({ state, serve, sample, plan, load }: Setting, at: readonly PropertyKey[], places: Places): readonly Fault[] {
  const fault = (message: string, help: string, key = 'state') => [places.atValue(pointerOf([...at, key]), { message, help, value: state })]
  const isOne = typeof serve === 'string'
  if ((state === 'on' || state === 'retired') && !isOne)
    return fault(`${state} serves one variant, and this serves shares`, 'write `state: ramp`, or one variant under serve')
  if (state === 'ramp' && isOne)
    return fault('a ramp serves shares, and this serves one variant', 'write shares under serve, for example {on: 5%}, or `state: on`')
  if (plan !== null && state !== 'ramp') return fault('only a ramp goes by steps', 'remove ramp, or write `state: ramp`', 'ramp')
  if (state !== 'dark' && load !== 0) return fault('only what is dark is played', 'remove load, or write `state: dark`', 'load')
  if (state !== 'dark' && sample !== slotCount)
    return fault('only what is dark is rehearsed', 'remove sample, or write `state: dark`', 'sample')
  return []
}

const refusal = (faults: readonly Fault[], file: string) =>
  refusedDocument('FLAG_INVALID', faults, { file, help: 'see the example in docs/flags.md' })
