import { isMap, typeOfValue, type FlagSet } from './flag-set.ts'
import { ruleFaults, type Report } from './validate-rule.ts'

/** What is wrong with a flag set, and where: `path` is a JSON pointer. */
export type FlagSetFault = { readonly path: string; readonly message: string }

const faultsMax = 100

/**
 * Every fault of a flag set in flagd's format (flagd-schemas `flags.json` and `targeting.json`), the first 100 of them. Stricter than
 * the schema where it lets through what no evaluator can make sense of: a default variant that is not there, a shared rule that is
 * not there or leads back to itself, weights beyond 2^31 - 1, more than 64 levels.
 * @param options.lists - also allow flags as a list with keys in them, as flagd's daemon reads them
 */
export function validateFlagSet(set: unknown, options: { readonly lists?: boolean } = {}): readonly FlagSetFault[] {
  const faults: FlagSetFault[] = []
  const report: Report = (path, message) => {
    if (faults.length < faultsMax)
      faults.push({ path: path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''), message })
  }
  if (isMap(set)) checkSet(set, options.lists === true, report)
  else report([], 'should be an object with "flags" in it')
  return faults
}

/** Says whether it has no fault, for code that goes on with it. */
export const isFlagSet = (set: unknown): set is FlagSet => validateFlagSet(set).length === 0

function checkSet(set: Readonly<Record<string, unknown>>, lists: boolean, report: Report): void {
  const shared = checkShared(set['$evaluators'], report)
  checkMetadata(set['metadata'], ['metadata'], report)
  if (isMap(set['metadata']))
    for (const name of ['flagSetId', 'version'])
      if (set['metadata'][name] !== undefined && typeof set['metadata'][name] !== 'string') report(['metadata', name], 'should be a text')
  const { flags } = set
  if (isMap(flags)) for (const [key, flag] of Object.entries(flags)) checkFlag(key, flag, ['flags', key], shared, report)
  else if (Array.isArray(flags) && lists)
    for (const [index, flag] of flags.entries()) checkFlag(isMap(flag) ? flag['key'] : undefined, flag, ['flags', index], shared, report)
  else report(['flags'], 'should be a map from keys to flags')
}

type Shared = Readonly<Record<string, unknown>>

function checkShared(shared: unknown, report: Report): Shared {
  if (shared === undefined) return {}
  if (!isMap(shared)) {
    report(['$evaluators'], 'should be a map from names to rules')
    return {}
  }
  for (const [name, rule] of Object.entries(shared)) {
    if (name === '') report(['$evaluators', name], 'needs a name')
    ruleFaults(rule, ['$evaluators', name], { shared, within: [name] }, report)
  }
  return shared
}

function checkMetadata(metadata: unknown, path: readonly PropertyKey[], report: Report): void {
  if (metadata === undefined) return
  if (!isMap(metadata)) return report(path, 'should be a map from names to texts, numbers, true or false')
  for (const [name, value] of Object.entries(metadata))
    if (!['string', 'number', 'boolean'].includes(typeof value)) report([...path, name], 'should be a text, a number, true or false')
}

function checkFlag(key: unknown, flag: unknown, path: readonly PropertyKey[], shared: Shared, report: Report): void {
  if (typeof key !== 'string' || key === '') report(path, 'needs a key')
  if (!isMap(flag)) return report(path, 'should be an object')
  const { state, variants, defaultVariant, targeting, metadata } = flag
  if (state !== 'ENABLED' && state !== 'DISABLED') report([...path, 'state'], 'should be ENABLED or DISABLED')
  checkVariants(variants, [...path, 'variants'], report)
  checkMetadata(metadata, [...path, 'metadata'], report)
  checkDefault(defaultVariant, variants, [...path, 'defaultVariant'], report)
  if (targeting === undefined) return
  if (!isMap(targeting)) return report([...path, 'targeting'], 'should be a rule: an object')
  ruleFaults(targeting, [...path, 'targeting'], { shared, within: [] }, report)
}

function checkDefault(variant: unknown, variants: unknown, path: readonly PropertyKey[], report: Report): void {
  if (variant === undefined || variant === null) return
  if (typeof variant !== 'string') report(path, 'should be the name of a variant, or null for the default of whoever asks')
  else if (isMap(variants) && variant !== '' && !Object.hasOwn(variants, variant)) report(path, `there is no variant "${variant}"`)
}

function checkVariants(variants: unknown, path: readonly PropertyKey[], report: Report): void {
  if (!isMap(variants) || Object.keys(variants).length === 0)
    return report(path, 'should be a map from names to values, with one variant at least')
  const wanted = typeOf(Object.values(variants)[0])
  for (const [name, value] of Object.entries(variants)) {
    const type = typeOf(value)
    if (name === '') report([...path, name], 'needs a name')
    if (type === undefined) report([...path, name], 'should be true or false, a text, a number or an object')
    else if (wanted !== undefined && type !== wanted)
      report([...path, name], `is of type ${type}, and the first variant of type ${wanted}: all have to be of one type`)
  }
}

/** A list is no variant in flagd. */
const typeOf = (value: unknown): string | undefined => (Array.isArray(value) ? undefined : typeOfValue(value))
