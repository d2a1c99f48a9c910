import { bucketOf, chooser, weightMax } from './bucket.ts'
import { cborOf } from './cbor.ts'
import { murmurBegun, murmurEnded, murmurOfBytes, murmurOfText, type Begun } from './murmur.ts'
import type { FixedSplit, Hash, Node, Scope } from './node.ts'

const unknown = -1
const encoder = new TextEncoder()

/**
 * `{"fractional": [key, [variant, weight], …]}`. null when nobody can be put into a bucket, so that the default variant is taken.
 * @param args - as written: arms that are written out need not be compiled
 */
export function fractional(args: readonly unknown[], scope: Scope, compile: (logic: unknown) => Node): Node {
  const explicit = args.length > 0 && !Array.isArray(args[0])
  const arms = explicit ? args.slice(1) : args
  const key = explicit ? compile(args[0]) : undefined
  const split = fixedSplit(key, arms, scope)
  if (split !== undefined) return { run: (data) => drawn(split, data), split }
  const nodes = arms.map(compile)
  const hashImplicit = hashOfTargetingKey(scope)
  return {
    run: (data) => {
      const first = key?.run(data)
      // A key that comes to a list is an arm that was worked out.
      const implicit = key === undefined || Array.isArray(first)
      const hash = implicit ? hashImplicit(data) : hashOfValue(first, scope)
      if (hash === unknown) return null
      const values = nodes.map((node) => node.run(data))
      return drawnFrom(key !== undefined && implicit ? [first, ...values] : values, hash)
    },
  }
}

function fixedSplit(key: Node | undefined, written: readonly unknown[], scope: Scope): FixedSplit | undefined {
  const arms: Arm[] = []
  let total = 0
  for (const one of written) {
    const arm = armOf(one)
    if (arm === undefined) return undefined
    arms.push(arm)
    total += arm.weight
  }
  if (arms.length === 0 || total > weightMax) return undefined
  return {
    hash: key === undefined ? hashOfTargetingKey(scope) : hashOf(key, scope),
    choose: chooser(arms.map((arm) => arm.weight)),
    variants: arms.map((arm) => arm.variant),
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

type Arm = { readonly variant: unknown; readonly weight: number }

/** A weight below 0 comes of a calculation (a ramp over time) and counts as 0. */
function armOf(value: unknown): Arm | undefined {
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
