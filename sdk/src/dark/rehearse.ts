import type { Time } from '../time.ts'
import type { makeBudget } from './budget.ts'
import { differenceOf } from './difference.ts'
import type { Sample } from './record.ts'
import { NotNow, type Rehearsal } from './task.ts'

/** What control came to, and how long it took. */
export type Settled = { readonly value: unknown; readonly threw: boolean; readonly ms: number }

type Means = { readonly noise: boolean; readonly budget: ReturnType<typeof makeBudget>; readonly time: Time }

const timedOut = Symbol('timed out')

/**
 * Runs the candidate (or control again) and compares. Settles within the time that it is given, and never fails.
 * @returns undefined when the candidate could not be had
 */
export async function rehearse(
  rehearsal: Rehearsal<unknown>,
  control: Settled,
  { noise, budget, time }: Means,
): Promise<Sample | undefined> {
  const kind = noise ? 'noise' : 'candidate'
  const began = time.now()
  const { timeoutMs = 1_000 } = rehearsal
  const abort = new AbortController()
  const candidate = await settled(time, timeoutMs, abort, budget, () => {
    if (noise) return rehearsal.control()
    return rehearsal.candidate({ signal: abort.signal, dark: true, spent: (ms) => (ms > 0 ? budget.spent(ms) : undefined) })
  })
  const base = { kind, controlMs: control.ms, candidateMs: time.now() - began } as const
  if (candidate === timedOut) {
    budget.end(false)
    return { ...base, difference: undefined, failure: 'timeout' }
  }
  if (candidate.threw && candidate.value instanceof NotNow) {
    budget.end(true)
    return undefined
  }
  const from = time.now()
  const sample = { ...base, ...compared(rehearsal, control, candidate) }
  budget.spent(time.now() - from)
  budget.end(sample.failure === undefined)
  return sample
}

type Outcome = Pick<Settled, 'value' | 'threw'>

/** How `work` ends, or that it does not in time. What comes of it later is of no interest, and no unhandled rejection. */
function settled(
  time: Time,
  timeoutMs: number,
  abort: AbortController,
  budget: Means['budget'],
  work: () => unknown,
): Promise<Outcome | typeof timedOut> {
  return new Promise((resolve) => {
    let late = false
    const cancel = time.after(timeoutMs, () => {
      late = true
      budget.hangs(1)
      resolve(timedOut)
      abort.abort(new Error(`the candidate did not answer within ${timeoutMs} ms`))
    })
    const end = (value: unknown, threw: boolean): void => {
      if (late) return budget.hangs(-1)
      cancel()
      resolve({ value, threw })
    }
    const began = time.now()
    try {
      const answer = work()
      Promise.resolve(answer).then(
        (value) => end(value, false),
        (error: unknown) => end(error, true),
      )
    } catch (error) {
      end(error, true)
    }
    // What a candidate does before it first waits, nobody else can do meanwhile.
    budget.spent(time.now() - began)
  })
}

/** Two that throw the same are the same; where only one throws, that is the difference. */
function compared(rehearsal: Rehearsal<unknown>, control: Outcome, candidate: Outcome): Pick<Sample, 'difference' | 'failure'> {
  if (candidate.threw && !control.threw) return { difference: undefined, failure: 'threw' }
  try {
    if (control.threw) return { difference: thrownDifference(control, candidate), failure: undefined }
    const { normalize = (answer: unknown) => answer, compare, ignore } = rehearsal
    const [one, other] = [normalize(control.value), normalize(candidate.value)]
    if (compare === undefined) return { difference: differenceOf(one, other, new Set(ignore)), failure: undefined }
    return {
      difference: compare(one, other) ? undefined : (differenceOf(one, other, new Set(ignore)) ?? 'answer: other'),
      failure: undefined,
    }
  } catch {
    return { difference: undefined, failure: 'comparison' }
  }
}

function thrownDifference(control: Outcome, candidate: Outcome): string | undefined {
  const one = nameOf(control.value)
  if (!candidate.threw) return `answer: throws ${one}, answers`
  const other = nameOf(candidate.value)
  return one === other ? undefined : `answer: throws ${one}, ${other}`
}

/** An error's name is whatever its thrower made it, which may be no text. */
const nameOf = (error: unknown): string => (error instanceof Error ? String(error.name).slice(0, 50) : typeof error)
