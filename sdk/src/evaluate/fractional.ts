import { bucketOf, chooser, weightMax, type Choose } from './bucket.ts'
import { cborOf } from './cbor.ts'
import { murmurBegun, murmurEnded, murmurOfBytes, murmurOfText, type Begun } from './murmur.ts'
import type { Node, Run, Scope } from './node.ts'

/** The 32 bits of whoever is to be put into a bucket; -1 when it is not known who that is. */
type Hash = (data: unknown) => number

/** A split whose variants and weights are written in the rule: what nearly all are. */
export type FixedSplit = { readonly hash: Hash; readonly choose: Choose; readonly variants: readonly unknown[] }

const unknown = -1
const encoder = new TextEncoder()

/** The split, when its arms do not depend on the context and its key can only be a key. */
export function fixedSplit(args: readonly Node[], scope: Scope): FixedSplit | undefined {
  const explicit = args[0]?.items === undefined ? args[0] : undefined
  const arms = (explicit === undefined ? args : args.slice(1)).map(fixedArm)
  if (arms.length === 0 || arms.includes(undefined)) return undefined
  const weights = arms.map((arm) => arm!.weight)
  if (sum(weights) > weightMax) return undefined
  return {
    hash: explicit === undefined ? hashOfTargetingKey(scope) : hashOf(explicit, scope),
    choose: chooser(weights),
    variants: arms.map((arm) => arm!.variant),
  }
}

function fixedArm(arm: Node): { readonly variant: unknown; readonly weight: number } | undefined {
  const [variant, weight] = arm.items ?? []
  if (variant?.constant === undefined || (weight !== undefined && weight.constant === undefined)) return undefined
  return armOf([variant.constant.value, ...(weight === undefined ? [] : [weight.constant!.value]), ...arm.items!.slice(2)])
}

/** `{"fractional": [key, [variant, weight], …]}`. null when nobody can be put into a bucket, so that the default variant is taken. */
export function fractional(args: readonly Node[], scope: Scope): Run {
  const split = fixedSplit(args, scope)
  if (split !== undefined) return (data) => drawn(split, data)
  const hashImplicit = hashOfTargetingKey(scope)
  return (data) => {
    const values = args.map((arg) => arg.run(data))
    const implicit = Array.isArray(values[0])
    const hash = implicit ? hashImplicit(data) : hashOfValue(values[0], scope)
    return hash === unknown ? null : drawnFrom(implicit ? values : values.slice(1), hash)
  }
}

function drawn({ hash, choose, variants }: FixedSplit, data: unknown): unknown {
  const bits = hash(data)
  const arm = bits === unknown ? unknown : choose(bits)
  return arm === unknown ? null : variants[arm]
}

function drawnFrom(values: readonly unknown[], hash: number): unknown {
  const arms = values.map(armOf)
  if (arms.includes(undefined)) return null
  const total = sum(arms.map((arm) => arm!.weight))
  if (total > weightMax) return null
  const bucket = bucketOf(hash, total)
  let end = 0
  for (const arm of arms) if ((end += arm!.weight) > bucket) return arm!.variant
  return null
}

/** A weight below 0 comes of a calculation (a ramp over time) and counts as 0. */
function armOf(value: unknown): { readonly variant: unknown; readonly weight: number } | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > 2) return undefined
  const [variant, weight = 1] = value as [unknown, unknown]
  if (typeof variant === 'object' && variant !== null) return undefined
  return typeof weight === 'number' && Number.isInteger(weight) ? { variant, weight: Math.max(0, weight) } : undefined
}

const sum = (weights: readonly number[]): number => weights.reduce((total, weight) => total + weight, 0)

function hashOf(key: Node, scope: Scope): Hash {
  const { run, joined } = key
  const whole: Hash = (data) => hashOfValue(run(data), scope)
  if (joined === undefined) return whole
  const { rest } = joined
  const after = scope.bucketing === 'fractional-v3' ? afterCbor([], joined.prefix) : afterText(joined.prefix)
  return (data) => {
    const value = rest(data)
    const hash = typeof value === 'string' ? after(value) : unknown
    return hash === unknown ? whole(data) : hash
  }
}

function hashOfValue(value: unknown, { bucketing }: Scope): number {
  if (bucketing === 'fractional-v2') return typeof value === 'string' ? murmurOfText(value) : unknown
  if (value === null || value === undefined || Array.isArray(value)) return unknown
  return hashOfCbor(value)
}

/** Without a key of its own, a split takes the flag's key and the targeting key. An empty targeting key is nobody's. */
function hashOfTargetingKey({ bucketing, flagKey }: Scope): Hash {
  const v3 = bucketing === 'fractional-v3'
  const after = v3 ? afterCbor([0x82, ...cborOf(flagKey)], '') : afterText(flagKey)
  return (data) => {
    const key = (data as { readonly targetingKey?: unknown } | null | undefined)?.targetingKey
    if (typeof key === 'string' && key !== '') {
      const hash = after(key)
      return hash !== unknown ? hash : v3 ? hashOfCbor([flagKey, key]) : murmurOfText(flagKey + key)
    }
    return !v3 && typeof key === 'number' ? murmurOfText(flagKey + String(key)) : unknown
  }
}

function hashOfCbor(value: unknown): number {
  const bytes = cborOf(value)
  return murmurOfBytes(bytes, bytes.length)
}

/** Hashes a fixed text and what follows it; -1 when what follows is not ASCII. */
function afterText(prefix: string): (text: string) => number {
  const begun = murmurBegun(encoder.encode(prefix))
  return (text) => murmurEnded(begun, text)
}

/** The same of a CBOR text after the bytes `before`. Its length comes first, so that there is one beginning for each. */
function afterCbor(before: readonly number[], prefix: string): (text: string) => number {
  const fixed = encoder.encode(prefix)
  const begun: Begun[] = []
  return (text) => {
    const length = text.length + fixed.length
    if (length > 255) return unknown
    begun[length] ??= murmurBegun(Uint8Array.from([...before, ...(length < 24 ? [0x60 | length] : [0x78, length]), ...fixed]))
    return murmurEnded(begun[length], text)
  }
}
