import { Fault } from '../evaluate/fault.ts'
import { isWord, partsOf, type Chars, type Dialect, type Part } from './pattern-parts.ts'

/** A text that is longer is no attribute any more. */
const textMax = 10_000
const stepsMax = 4_000

type Step =
  | { readonly kind: 'char'; readonly has: Chars; next: number }
  | { readonly kind: 'edge'; readonly edge: (before: number, after: number) => boolean; next: number }
  | { readonly kind: 'fork'; next: number; other: number }
  | { readonly kind: 'found' }

/**
 * Whether a pattern is found anywhere in a text. All ways through it are followed at once, so that it takes a time that grows with the
 * length of the pattern times that of the text, whatever is written: nothing explodes.
 * @throws Fault what cannot be honoured so; `NoPattern` where it is no pattern at all
 */
export function patternOf(pattern: string, dialect: Dialect, insensitive = false): (text: string) => boolean {
  const steps: Step[] = []
  emit(steps, partsOf(pattern, dialect, insensitive))
  steps.push({ kind: 'found' })
  return (text) => {
    if (text.length > textMax) throw new Fault(`a text longer than ${textMax} is held against a pattern`)
    return isFound(steps, charsOf(text, dialect))
  }
}

const charsOf = (text: string, dialect: Dialect): readonly number[] =>
  dialect === 're2' ? Array.from(text, (char) => char.codePointAt(0)!) : Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))

/** Nothing is before the first character and after the last. */
const nothing = -1
const isWordAt = (char: number): boolean => char !== nothing && isWord(char)
const edges: Readonly<Record<Extract<Part, { kind: 'edge' }>['edge'], (before: number, after: number) => boolean>> = {
  start: (before) => before === nothing,
  end: (_, after) => after === nothing,
  'line start': (before) => before === nothing || before === 10,
  'line end': (_, after) => after === nothing || after === 10,
  word: (before, after) => isWordAt(before) !== isWordAt(after),
  'no word': (before, after) => isWordAt(before) === isWordAt(after),
}

/** Appends what a part comes to; it goes on at what is appended after it. */
function emit(steps: Step[], part: Part): void {
  if (steps.length > stepsMax) throw new Fault(`a pattern comes to more than ${stepsMax} steps`)
  if (part.kind === 'chars') steps.push({ kind: 'char', has: part.has, next: steps.length + 1 })
  else if (part.kind === 'edge') steps.push({ kind: 'edge', edge: edges[part.edge], next: steps.length + 1 })
  else if (part.kind === 'all') for (const one of part.parts) emit(steps, one)
  else if (part.kind === 'any') emitChoice(steps, part.parts)
  else emitTimes(steps, part)
}

function fork(steps: Step[]): Extract<Step, { kind: 'fork' }> {
  const made = { kind: 'fork' as const, next: steps.length + 1, other: steps.length + 1 }
  steps.push(made)
  return made
}

function emitChoice(steps: Step[], parts: readonly Part[]): void {
  const ends: Extract<Step, { kind: 'fork' }>[] = []
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1
    const split = isLast ? undefined : fork(steps)
    emit(steps, part)
    if (split === undefined) continue
    ends.push(fork(steps))
    split.other = steps.length
  }
  for (const end of ends) end.next = end.other = steps.length
}

function emitTimes(steps: Step[], { part, least, most }: Extract<Part, { kind: 'times' }>): void {
  for (let n = 0; n < least; n++) {
    const before = steps.length
    emit(steps, part)
    // An empty part is empty however often: nothing else bounds how often that is.
    if (steps.length === before) return
  }
  if (most === Infinity) {
    const start = steps.length
    const split = fork(steps)
    emit(steps, part)
    const back = fork(steps)
    back.next = back.other = start
    split.other = steps.length
    return
  }
  const splits: Extract<Step, { kind: 'fork' }>[] = []
  for (let n = least; n < most; n++) {
    splits.push(fork(steps))
    emit(steps, part)
  }
  for (const split of splits) split.other = steps.length
}

function isFound(steps: readonly Step[], chars: readonly number[]): boolean {
  const seen = new Int32Array(steps.length).fill(-1)
  let open: number[] = []
  for (let at = 0; at <= chars.length; at++) {
    const [before, after] = [chars[at - 1] ?? nothing, chars[at] ?? nothing]
    const next: number[] = []
    // It may begin anywhere.
    const todo = [...open, 0]
    for (let place = todo.pop(); place !== undefined; place = todo.pop()) {
      if (seen[place] === at) continue
      seen[place] = at
      const step = steps[place]!
      if (step.kind === 'found') return true
      if (step.kind === 'fork') todo.push(step.next, step.other)
      else if (step.kind === 'edge') {
        if (step.edge(before, after)) todo.push(step.next)
      } else if (after !== nothing && step.has(after)) next.push(step.next)
    }
    open = next
  }
  return false
}
