import { makeAgenda } from './heap.ts'
import { uniform } from './random.ts'

/**
 * How long it takes: by luck, or by who it is, when it is begun and how often before. Infinity: it never gets through by itself.
 */
export type Service = (luck: number, entity: number, now: number, again: number) => number

/** One stage of a line. Times in milliseconds, or whatever the arrivals are in. */
export type Stage = {
  /** Infinity: whatever comes is begun at once. */
  readonly servers: number
  readonly service: Service
  /** So many of those that wait are begun together, at most. @defaultValue 1 */
  readonly batchMax?: number
  /** Probability that it fails and is done again. @defaultValue 0 */
  readonly again?: number
  /** Spans in which nothing is begun: beginning, end, beginning, end…, ascending. What was begun is finished. */
  readonly closed?: Float64Array
  /** Moments at which somebody begins what waits although it is closed, ascending. */
  readonly opened?: Float64Array
}

export type Line = {
  readonly stages: readonly Stage[]
  /**
   * A later one contains the earlier ones: what it reaches, they have reached with it, and wait for nothing more. At most so many come
   * to the next stage at once; what is left of them comes with the next, which is begun then.
   */
  readonly carries?: number
  /** So many are on the line at once; others wait before it. @defaultValue Infinity */
  readonly wip?: number
}

export type Simulated = {
  /** When each was let onto the line; Infinity: not until the end. */
  readonly entered: Float64Array
  /** Of entity e and stage s at `e * stages + s`: when it was begun and when it was through; Infinity: not until the end. */
  readonly begun: Float64Array
  readonly ended: Float64Array
  /** Things that happened. */
  readonly events: number
}

const never = Number.POSITIVE_INFINITY
const none = -1

/**
 * Lets arrivals go through a line, first come first served, until a moment.
 * @param arrivals - ascending
 * @param seed - the same gives the same: each entity's luck in each stage is its own (see random.ts)
 */
export function simulate(arrivals: Float64Array, line: Line, seed: number, until = never): Simulated {
  const { stages, carries = 0, wip = never } = line
  const [count, depth] = [arrivals.length, stages.length]
  const entered = new Float64Array(count).fill(never)
  const begun = new Float64Array(count * depth).fill(never)
  const ended = new Float64Array(count * depth).fill(never)
  // An entity is in one queue or one batch: one link each is enough.
  const link = new Int32Array(count).fill(none)
  const heads = new Int32Array(depth).fill(none)
  const tails = new Int32Array(depth).fill(none)
  const free = Float64Array.from(stages, ({ servers }) => servers)
  const tries = new Uint16Array(count * depth)
  const furthest = new Int32Array(depth).fill(none)
  const spans = new Int32Array(depth)
  const moments = new Int32Array(depth)
  const woken = new Uint8Array(depth)
  const agenda = makeAgenda()
  // What happens on the agenda: stage s is through with a batch, opens, or is opened by somebody for a moment; one is let in.
  const [opens, openedBy, lets] = [depth, 2 * depth, 3 * depth]
  let [next, inside, left, events, now] = [0, 0, 0, 0, 0]

  function enqueue(entity: number, stage: number): void {
    link[entity] = none
    if (heads[stage] === none) heads[stage] = entity
    else link[tails[stage]!] = entity
    tails[stage] = entity
  }

  /** What a later one has carried away is no longer there. */
  function dropGone(stage: number): void {
    while (heads[stage] !== none && ended[heads[stage]! * depth + stage]! <= now) heads[stage] = link[heads[stage]!]!
  }

  function isClosed(stage: number): boolean {
    const { closed } = stages[stage]!
    if (closed === undefined) return false
    while (spans[stage]! < closed.length && closed[spans[stage]! + 1]! <= now) spans[stage]! += 2
    const at = spans[stage]!
    if (at >= closed.length || closed[at]! > now) return false
    if (woken[stage] === 0) agenda.put(closed[at + 1]!, opens + stage, none)
    woken[stage] = 1
    return true
  }

  function begin(stage: number): void {
    const { batchMax = 1 } = stages[stage]!
    for (dropGone(stage); free[stage]! > 0 && heads[stage] !== none; dropGone(stage)) {
      const first = heads[stage]!
      let last = first
      for (let size = 0; size < batchMax && heads[stage] !== none; size++, dropGone(stage)) {
        last = heads[stage]!
        heads[stage] = link[last]!
        if (begun[last * depth + stage] === never) begun[last * depth + stage] = now
      }
      link[last] = none
      free[stage]!--
      schedule(stage, first, last)
    }
  }

  function schedule(stage: number, first: number, last: number): void {
    const draw = tries[last * depth + stage]!++
    const end = now + stages[stage]!.service(uniform(seed, last, stage, draw), last, now, draw)
    if (end < never) agenda.put(end, stage, first)
  }

  function tryBegin(stage: number): void {
    if (heads[stage] !== none && !isClosed(stage)) begin(stage)
  }

  function finish(stage: number, first: number): void {
    free[stage]!++
    const { again = 0 } = stages[stage]!
    const failed = again > 0 && uniform(seed ^ 0x5bd1e995, first, stage, tries[first * depth + stage]!++) < again
    for (let entity = first, after = none; entity !== none; entity = after) {
      after = link[entity]!
      if (failed) enqueue(entity, stage)
      // The last of a batch carries the others.
      else if (carries === 0 || (after === none && entity > furthest[stage]!)) pass(entity, stage)
    }
    tryBegin(stage)
  }

  function pass(entity: number, stage: number): void {
    const carrier = carries === 0 ? entity : Math.min(entity, furthest[stage]! + carries)
    for (let each = carries === 0 ? entity : furthest[stage]! + 1; each <= carrier; each++) arrive(each, stage)
    furthest[stage] = carrier
    if (carrier < entity) {
      free[stage]!--
      schedule(stage, entity, entity)
    }
    if (stage + 1 === depth) return
    enqueue(carrier, stage + 1)
    tryBegin(stage + 1)
  }

  function arrive(entity: number, stage: number): void {
    ended[entity * depth + stage] = now
    if (stage + 1 < depth) return
    left++
    if (wip < never) agenda.put(now, lets, none)
  }

  function letIn(): void {
    while (inside < next && inside - left < wip) {
      entered[inside] = now
      enqueue(inside++, 0)
      tryBegin(0)
    }
  }

  function openBySomebody(stage: number): void {
    const { opened } = stages[stage]!
    begin(stage)
    while (opened![moments[stage]!]! <= now) moments[stage]!++
    if (moments[stage]! < opened!.length) agenda.put(opened![moments[stage]!]!, openedBy + stage, none)
  }

  for (const [stage, { opened }] of stages.entries()) if (opened?.length) agenda.put(opened[0]!, openedBy + stage, none)
  for (;;) {
    const arrival = next < count ? arrivals[next]! : never
    now = Math.min(arrival, agenda.nextAt)
    if (now === never || now > until) break
    events++
    if (arrival <= agenda.nextAt) {
      next++
      letIn()
      continue
    }
    agenda.take()
    const { kind, entity } = agenda
    if (kind < opens) finish(kind, entity)
    else if (kind < openedBy) {
      woken[kind - opens] = 0
      tryBegin(kind - opens)
    } else if (kind < lets) openBySomebody(kind - openedBy)
    else letIn()
  }
  return { entered, begun, ended, events }
}
