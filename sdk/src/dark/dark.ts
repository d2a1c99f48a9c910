import type { Evaluation } from '../evaluate/evaluator.ts'
import type { EvaluationContext } from '../evaluate/flag-set.ts'
import { murmurOfText } from '../evaluate/murmur.ts'
import { systemTime, type Time } from '../time.ts'
import { makeBudget, type Budget } from './budget.ts'
import { makeRecord, type Rehearsals } from './record.ts'
import { rehearse, type Settled } from './rehearse.ts'
import type { Rehearsal } from './task.ts'

export type Dark = {
  /** Calls `control` and gives what it gives or throws. Where the flag is dark and the unit is sampled, the candidate is rehearsed afterwards. */
  <R>(flag: string, context: EvaluationContext, rehearsal: Rehearsal<R>): R
  /** What rehearsals came to since it was last asked. A client's own reports lose nothing by it. */
  take(): readonly Rehearsals[]
}

export type DarkOptions = {
  /** Says whether the flag is dark: an evaluator's or a client's. */
  readonly evaluate: (flag: string, context: EvaluationContext) => Evaluation
  readonly budget?: Budget
  readonly time?: Time
  readonly random?: () => number
}

const slots = 10_000
const recordsMax = 500

/** Rehearses features that nobody sees yet. Nothing that goes wrong in a rehearsal reaches the caller. */
export const createDark = (options: DarkOptions): Dark => makeDark(options, [makeRecords()])

/** What rehearsals came to, by flag and revision, until it is taken. */
export function makeRecords() {
  const records = new Map<string, ReturnType<typeof makeRecord>>()
  return {
    of(flag: string, revision: number | undefined): ReturnType<typeof makeRecord> {
      const id = `${revision} ${flag}`
      let record = records.get(id)
      if (record === undefined) {
        if (records.size >= recordsMax) records.delete(records.keys().next().value!)
        records.set(id, (record = makeRecord(flag, revision)))
      }
      return record
    },
    take: (): readonly Rehearsals[] => [...records.values()].map((record) => record.take()).filter((taken) => taken !== undefined),
  }
}

/** @param books - each hears of everything, and is taken from without the others; the first by `take` */
export function makeDark(
  { evaluate, budget: limits = {}, time = systemTime, random = Math.random }: DarkOptions,
  books: readonly ReturnType<typeof makeRecords>[],
): Dark {
  const budget = makeBudget(limits, time.now)

  function recordOf(flag: string, revision: number | undefined): Pick<ReturnType<typeof makeRecord>, 'add' | 'drop'> {
    const all = books.map((book) => book.of(flag, revision))
    return {
      add: (sample) => all.forEach((record) => record.add(sample)),
      drop: (why) => all.forEach((record) => record.drop(why)),
    }
  }

  function afterwards<R>(flag: string, evaluation: Evaluation, rehearsal: Rehearsal<R>, settled: Settled): void {
    time.soon(() => {
      const record = recordOf(flag, evaluation.revision)
      // What came in between counts: the flag may have been switched off.
      if (!standsDark(flag)) return
      const refusal = budget.begin()
      if (refusal !== undefined) return record.drop(refusal)
      const noise = random() < (rehearsal.noise ?? 0)
      void rehearse(rehearsal as Rehearsal<unknown>, settled, { noise, budget, time }).then((sample) =>
        sample === undefined ? record.drop('concurrency') : record.add(sample),
      )
    })
  }

  function standsDark(flag: string): boolean {
    try {
      return isDark(evaluate(flag, {}))
    } catch {
      return false
    }
  }

  function dark<R>(flag: string, context: EvaluationContext, rehearsal: Rehearsal<R>): R {
    const evaluation = sampled(flag, context)
    if (evaluation === undefined) return rehearsal.control()
    const began = time.now()
    const after = (value: unknown, threw: boolean): void =>
      afterwards(flag, evaluation, rehearsal, { value, threw, ms: time.now() - began })
    let answer: R
    try {
      answer = rehearsal.control()
    } catch (error) {
      after(error, true)
      throw error
    }
    if (answer instanceof Promise) {
      answer.then(
        (value: unknown) => after(value, false),
        (error: unknown) => after(error, true),
      )
    } else if (isThenable(answer)) {
      // A query builder runs anew each time that it is awaited: nobody but the caller may.
      recordOf(flag, evaluation.revision).drop('unready')
    } else after(answer, false)
    return answer
  }

  /** The flag's evaluation when this unit rehearses it. The same units each time, so that a whole session is rehearsed or none of it. */
  function sampled(flag: string, context: EvaluationContext): Evaluation | undefined {
    try {
      const evaluation = evaluate(flag, context)
      if (!isDark(evaluation)) return undefined
      const share = Number(evaluation.metadata['tw.dark.sample'] ?? slots) / slots
      const { targetingKey } = context
      const place =
        typeof targetingKey === 'string' && targetingKey !== '' ? murmurOfText(`dark ${flag} ${targetingKey}`) / 2 ** 32 : random()
      return place < share ? evaluation : undefined
    } catch {
      return undefined
    }
  }

  return Object.assign(dark, {
    take: () => books[0]!.take(),
  })
}

export const isDark = ({ metadata }: Evaluation): boolean => metadata['tw.state'] === 'dark' && metadata['tw.killed'] !== true

const isThenable = (value: unknown): boolean =>
  (typeof value === 'object' || typeof value === 'function') && value !== null && typeof (value as { then?: unknown }).then === 'function'
