import { formsOf, secretBytesMin, type Hidden } from './forms.ts'

type Form = { readonly bytes: Buffer; readonly name: string }

/** What is to be hidden, ready to be looked for. */
export type Hiding = {
  /** A stream of bytes begins. @param found - told the name of every value that was about to be told */
  stream(found?: (name: string) => void): Scan
  /** A text as a whole. */
  text(text: string, found?: (name: string) => void): string
  /** Every text in a value of JSON, the keys of its maps too. */
  json<T>(value: T): T
}

export type Scan = {
  /** What can be passed on of all that came so far: without what may be the beginning of a hidden value. */
  push(chunk: Uint8Array): Buffer
  /** The rest. */
  end(): Buffer
}

const nothing = Buffer.alloc(0)

/** Hides nothing. */
export const hidingNothing: Hiding = {
  stream: () => ({ push: (chunk) => Buffer.from(chunk), end: () => nothing }),
  text: (text) => text,
  json: (value) => value,
}

/** Looks for these values in every form of {@link formsOf}, and puts `***name***` in their place. */
export function hidingOf(values: readonly Hidden[]): Hiding {
  if (values.length === 0) return hidingNothing
  const table = tableOf(values)
  const stream = (found: (name: string) => void = () => {}) => scan(table, found)
  const text = (whole: string, found?: (name: string) => void) => {
    const begun = stream(found)
    return Buffer.concat([begun.push(Buffer.from(whole)), begun.end()]).toString('utf8')
  }
  return { stream, text, json: (value) => hidden(value, text) as typeof value }
}

function hidden(value: unknown, text: (whole: string) => string): unknown {
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return value.map((each) => hidden(each, text))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [text(key), hidden(each, text)]))
}

/**
 * Forms by their first four bytes. `mayBegin` is asked at every byte of what comes, so it is one look into a table of 8 KiB:
 * almost nothing passes it that is not the beginning of a form.
 */
type Table = {
  readonly mayBegin: Uint8Array
  readonly byStart: ReadonlyMap<number, readonly Form[]>
  /** Beginnings of forms shorter than four bytes: how what came so far may end. */
  readonly beginnings: ReadonlySet<number>
}

const keyAt = (bytes: Uint8Array, at: number) =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
const slotOf = (key: number) => (Math.imul(key, 0x9e3779b1) >>> 16) & 0xffff
/** Of up to three bytes, with their number. */
const beginningKey = (bytes: Uint8Array, at: number, length: number) => {
  let key = length
  for (let n = 0; n < length; n++) key = key * 256 + bytes[at + n]!
  return key
}

function tableOf(values: readonly Hidden[]): Table {
  const forms = values.flatMap(({ name, value }) => formsOf(value).map((bytes): Form => ({ bytes, name })))
  const mayBegin = new Uint8Array(0x10000 / 8)
  const byStart = new Map<number, Form[]>()
  const beginnings = new Set<number>()
  // The longest first: of two that begin alike the one that says more.
  for (const form of forms.toSorted((a, b) => b.bytes.length - a.bytes.length)) {
    const key = keyAt(form.bytes, 0)
    const slot = slotOf(key)
    mayBegin[slot >> 3]! |= 1 << (slot & 7)
    byStart.set(key, [...(byStart.get(key) ?? []), form])
    for (const length of [1, 2, 3]) beginnings.add(beginningKey(form.bytes, 0, length))
  }
  return { mayBegin, byStart, beginnings }
}

/** `open`: it may go on into one, with what comes next. */
type Look = { readonly kind: 'none' } | { readonly kind: 'open' } | { readonly kind: 'found'; readonly end: number; readonly name: string }

const none: Look = { kind: 'none' }
const open: Look = { kind: 'open' }

/** What begins at `at`. */
function lookAt({ byStart, beginnings }: Table, data: Buffer, at: number, isLast: boolean): Look {
  const left = data.length - at
  if (left < 4) return !isLast && beginnings.has(beginningKey(data, at, left)) ? open : none
  let best: Look = none
  for (const { bytes, name } of byStart.get(keyAt(data, at)) ?? []) {
    if (bytes.length > left) {
      if (!isLast && data.compare(bytes, 0, left, at) === 0) return open
    } else if (best === none && data.compare(bytes, 0, bytes.length, at, at + bytes.length) === 0) {
      best = { kind: 'found', end: at + bytes.length, name }
    }
  }
  return best
}

function scan(table: Table, found: (name: string) => void): Scan {
  let kept: Buffer = nothing

  const pass = (data: Buffer, isLast: boolean): Buffer => {
    const out: Buffer[] = []
    let from = 0
    let at = 0
    while ((at = nextPossible(table, data, at, isLast)) < data.length) {
      const region = regionAt(table, data, at, isLast)
      if (region === undefined) {
        at++
        continue
      }
      if (region === 'open') break
      out.push(data.subarray(from, at), Buffer.from(`***${region.names[0]}***`))
      region.names.forEach(found)
      from = at = region.end
    }
    out.push(data.subarray(from, at))
    kept = Buffer.from(data.subarray(at))
    return out.length === 1 ? out[0]! : Buffer.concat(out)
  }

  return {
    push: (chunk) =>
      pass(kept.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([kept, chunk]), false),
    end: () => pass(kept, true),
  }
}

/** The next place where something may begin; the length of `data` when there is none. */
function nextPossible({ mayBegin, beginnings }: Table, data: Buffer, from: number, isLast: boolean): number {
  const { length } = data
  let at = from
  if (length - at >= 4) {
    // Four bytes on their way past: each is read once.
    let key = keyAt(data, at)
    for (;;) {
      const slot = slotOf(key)
      if ((mayBegin[slot >> 3]! & (1 << (slot & 7))) !== 0) return at
      if (++at > length - 4) break
      key = (key >>> 8) | (data[at + 3]! << 24)
    }
  }
  if (isLast) return data.length
  for (; at < data.length; at++) if (beginnings.has(beginningKey(data, at, data.length - at))) return at
  return data.length
}

/** Hidden values may overlap: what any of them covers goes. */
function regionAt(
  table: Table,
  data: Buffer,
  start: number,
  isLast: boolean,
): { readonly end: number; readonly names: readonly string[] } | 'open' | undefined {
  const first = lookAt(table, data, start, isLast)
  if (first.kind === 'none') return undefined
  if (first.kind === 'open') return 'open'
  let { end } = first
  const names = new Set([first.name])
  for (let at = start + 1; at < end; at++) {
    const inner = lookAt(table, data, at, isLast)
    if (inner.kind === 'open') return 'open'
    if (inner.kind !== 'found' || inner.end <= end) continue
    end = inner.end
    names.add(inner.name)
  }
  return { end, names: [...names] }
}

/** Why a value cannot be looked for in what programs write; undefined when it can. Pure. */
export function unhidable(value: Uint8Array): string | undefined {
  if (value.includes(0)) return 'holds a NUL byte, which no variable can hold'
  return formsOf(value).length === 0 || value.length < secretBytesMin
    ? `has ${value.length} bytes: what is shorter than ${secretBytesMin} cannot be told from other text in a log`
    : undefined
}
