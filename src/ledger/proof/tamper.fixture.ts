import { factsOf, leafHash } from './verify.mjs'

/** What a forger can do to the events of an export. */
export const forgeries = ['changed', 'removed', 'inserted', 'reordered', 'back-dated'] as const
export type Forgery = (typeof forgeries)[number]
/** `lines`: only the events are forged; `list`: the list of leaves is made to fit as well. */
export type Forger = 'lines' | 'list'

type Line = {
  seq: number
  recordedAt: string
  event: { id: string; time?: string; data: { context: { id: string; timestamp: string }; customData?: unknown } }
}
export type Forged = {
  readonly lines: readonly string[]
  readonly kind: Forgery
  /** The first place that is not as it was. */ readonly seq: number
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Forges one event of an export at random. */
export function forge(text: readonly string[], kind: Forgery, forger: Forger, random: () => number): Forged {
  const isEvent = (line: string) => line.startsWith('{"seq":')
  const events = text.filter(isEvent).map((line) => JSON.parse(line) as Line)
  const pick = (below: number) => Math.floor(random() * below)
  const at = pick(events.length)
  let seq = at + 1
  if (kind === 'changed') change(events[at]!, pick(3), random)
  else if (kind === 'back-dated') backDate(events[at]!, pick(2) === 0, pick(3_600_000) + 1)
  else if (kind === 'removed') events.splice(at, 1)
  else if (kind === 'inserted') {
    const place = pick(events.length + 1)
    events.splice(place, 0, anotherLike(events[at]!, random))
    seq = place + 1
  } else {
    const to = (at + 1 + pick(events.length - 1)) % events.length
    events.splice(to, 0, ...events.splice(at, 1))
    seq = Math.min(at, to) + 1
  }
  // A careful forger numbers them anew.
  if (pick(2) === 0) for (const [index, line] of events.entries()) line.seq = index + 1
  const written = events.map((line) => JSON.stringify(line))
  const [head, rest] = [text[0]!, text.slice(1).filter((line) => !isEvent(line))]
  return { lines: [head, ...written, ...(forger === 'list' ? fitted(written, rest) : rest)], kind, seq }
}

function change({ event }: Line, what: number, random: () => number): void {
  const lie = `not ${random()}`
  if (what === 0) event.data.customData = { lie }
  else if (what === 1) (event.data as { subject?: unknown }).subject = { id: lie, content: {} }
  else event.id = event.data.context.id = lie
}

function backDate(line: Line, arrival: boolean, ms: number): void {
  const earlier = (time: string) => new Date(Date.parse(time) - ms).toISOString()
  if (arrival) line.recordedAt = earlier(line.recordedAt)
  else line.event.time = line.event.data.context.timestamp = earlier(line.event.data.context.timestamp)
}

function anotherLike(line: Line, random: () => number): Line {
  const copy = structuredClone(line)
  copy.event.id = copy.event.data.context.id = `never happened ${random()}`
  return copy
}

/** The list of leaves as these events would have it. */
function fitted(events: readonly string[], rest: readonly string[]): readonly string[] {
  const facts = events.map((line, index) => ({ ...factsOf(line, index + 2, true), seq: index + 1 }))
  const data = facts.map(({ id, source, time, recordedAt, digest }) => [id, source, time, recordedAt, digest])
  const hashes = Buffer.concat(facts.map(leafHash)).toString('base64')
  return [JSON.stringify({ leaves: { from: 1, hashes, data } }), ...rest.filter((line) => !line.startsWith('{"leaves":'))]
}
