import type { Fault } from '../../kernel/errors.ts'
import { bucketCounts } from '../../../sdk/src/imported/index.ts'
import { pointerOf, type Places } from '../definition/places.ts'
import { suggestion } from '../definition/suggest.ts'
import { conditionFaults } from './condition.ts'
import { keepsApart } from './exclusion.ts'
import type { File } from './file-schema.ts'
import { codeDefault, isOfFlagd, slotCount, typeOf, type Bucketing, type Flag, type Serve, type Setting } from './flag.ts'
import { planFault } from './plan.ts'
import { shareOf } from './written.ts'

const bucketsOf = (bucketing: Bucketing): number => (isOfFlagd(bucketing) ? slotCount : (bucketCounts[bucketing] ?? slotCount))

/** What is wrong with a flag whose file has the right form, each at its place. Pure. */
export function meaningFaults(flag: Flag, file: File, places: Places): readonly Fault[] {
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
