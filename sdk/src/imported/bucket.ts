import { chooser } from '../evaluate/bucket.ts'
import { Fault } from '../evaluate/fault.ts'
import { murmurBegun, murmurEnded, murmurOfBytes } from '../evaluate/murmur.ts'
import type { Run } from '../evaluate/node.ts'

/**
 * How others put a key into a bucket. Each is a name for good: a flag that was brought in stays with it.
 * - `unleash-v1`: MurmurHash3 x86 32 of `salt:key`, seed 0, modulo 100 (of its variants, `unleash-variants-v1`: seed 86028157, modulo the sum of weights)
 * - `growthbook-v1`: FNV-1a 32 of key and salt, modulo 1000; `growthbook-v2`: FNV-1a 32 of (FNV-1a 32 of salt and key), modulo 10000
 */
export const importedBucketings = ['unleash-v1', 'unleash-variants-v1', 'growthbook-v1', 'growthbook-v2'] as const
export type ImportedBucketing = (typeof importedBucketings)[number]

/** How many buckets each has; undefined: as many as the variants' weights add up to. */
export const bucketCounts: Readonly<Record<ImportedBucketing, number | undefined>> = {
  'unleash-v1': 100,
  'unleash-variants-v1': undefined,
  'growthbook-v1': 1_000,
  'growthbook-v2': 10_000,
}

const slotCount = 10_000
const encoder = new TextEncoder()

/** From a key to its bucket, from 0 on. @param buckets - how many there are */
export function bucketsOf(bucketing: ImportedBucketing, salt: string, buckets: number): (key: string) => number {
  switch (bucketing) {
    case 'unleash-v1':
    case 'unleash-variants-v1': {
      const hash = murmurAfter(`${salt}:`, bucketing === 'unleash-v1' ? 0 : 86_028_157)
      return (key) => hash(key) % buckets
    }
    case 'growthbook-v1':
      return (key) => fnv(salt, fnv(key)) % buckets
    case 'growthbook-v2': {
      const begun = fnv(salt)
      return (key) => fnv(String(fnv(key, begun))) % buckets
    }
  }
}

/** FNV-1a 32 of the 16-bit units of a text, as GrowthBook's own SDK has it. @param hash - of what comes before it */
function fnv(text: string, hash = 0x811c9dc5): number {
  let next = hash
  for (let at = 0; at < text.length; at++) next = Math.imul(next ^ text.charCodeAt(at), 0x01000193)
  return next >>> 0
}

/** MurmurHash3 x86 32 of the UTF-8 of a fixed text and what follows it. */
function murmurAfter(prefix: string, seed: number): (text: string) => number {
  const begun = murmurBegun(encoder.encode(prefix), seed)
  return (text) => {
    const hash = murmurEnded(begun, text)
    if (hash >= 0) return hash
    const bytes = encoder.encode(prefix + text)
    return murmurOfBytes(bytes, bytes.length, seed)
  }
}

/** The first of these attributes that says who it is; undefined: none does. An empty one is nobody's. */
function keyOf(data: unknown, by: readonly string[]): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  for (const name of by) {
    const value = Object.hasOwn(data, name) ? (data as Readonly<Record<string, unknown>>)[name] : undefined
    if (typeof value === 'string' ? value !== '' : typeof value === 'number' ? Number.isFinite(value) && value !== 0 : value === true)
      return String(value)
  }
  return undefined
}

const isBucketing = (name: unknown): name is ImportedBucketing => (importedBucketings as readonly unknown[]).includes(name)
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one !== '')

function checked(bucketing: unknown, salt: unknown, by: unknown) {
  if (!isBucketing(bucketing)) throw new Fault(`"${String(bucketing)}" is no way of bucketing; there are ${importedBucketings.join(', ')}`)
  if (typeof salt !== 'string') throw new Fault('the salt of a bucket is text')
  if (!isTexts(by)) throw new Fault('the attributes of a bucket are a list of names')
  return { bucketing, salt, by }
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0
/** Weights beyond it are no weights. */
const bucketsMax = 2_147_483_647

/** `{"tw_bucket": [bucketing, salt, [attribute, …], buckets, [from, to], …]}`: whether the bucket is in one of the ranges, `to` left out. */
export function inBucket(args: readonly unknown[]): Run {
  const { bucketing, salt, by } = checked(args[0], args[1], args[2])
  const [buckets, ...ranges] = args.slice(3)
  const fixed = bucketCounts[bucketing]
  if (!isCount(buckets) || buckets < 1 || buckets > bucketsMax || (fixed !== undefined && buckets !== fixed))
    throw new Fault(`${bucketing} has ${fixed ?? 'from 1 on'} buckets, and not ${String(buckets)}`)
  const read = ranges.map((range) => {
    const [from, to] = Array.isArray(range) && range.length === 2 ? (range as unknown[]) : []
    if (!isCount(from) || !isCount(to) || from > to) throw new Fault('a range of buckets is [from, to], whole numbers, in their order')
    return { from, to }
  })
  const bucketOf = bucketsOf(bucketing, salt, buckets)
  return (data) => {
    const key = keyOf(data, by)
    if (key === undefined) return false
    const bucket = bucketOf(key)
    return read.some(({ from, to }) => bucket >= from && bucket < to)
  }
}

/**
 * `{"tw_split": [bucketing, salt, [attribute, …], [variant, slots], …]}`: who owns the slot (of 10,000) that the bucket begins at; null for whom
 * no attribute names.
 */
export function split(args: readonly unknown[]): Run {
  const { bucketing, salt, by } = checked(args[0], args[1], args[2])
  const buckets = bucketCounts[bucketing]
  if (buckets === undefined) throw new Fault(`${bucketing} cannot split into shares`)
  const arms = args.slice(3).map((arm) => {
    const [variant, slots] = Array.isArray(arm) && arm.length === 2 ? (arm as unknown[]) : []
    if ((typeof variant !== 'string' && variant !== null) || !isCount(slots)) throw new Fault('an arm is [variant, slots]')
    return { variant, slots }
  })
  const total = arms.reduce((sum, { slots }) => sum + slots, 0)
  if (total !== slotCount) throw new Fault(`the arms have ${total} slots, and should have ${slotCount}`)
  const choose = chooser(arms.map(({ slots }) => slots))
  // Who owns the slot that each bucket begins at: the smallest hash that falls into it says so.
  const owners = Array.from({ length: buckets }, (_, bucket) => arms[choose(Math.ceil((bucket * 4_294_967_296) / buckets))]!.variant)
  const bucketOf = bucketsOf(bucketing, salt, buckets)
  return (data) => {
    const key = keyOf(data, by)
    if (key === undefined) return null
    return owners[bucketOf(key)] ?? null
  }
}
