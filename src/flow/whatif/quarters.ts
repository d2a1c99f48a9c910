import { uniform } from '../simulation/random.ts'
import type { Calibration, Week } from './calibrate.ts'
import type { Change } from './change.ts'
import { drawWeeks, gatesWith, weeksLike, type Input } from './line.ts'
import { isShut, togetherOf, type Gates } from './visits.ts'

/**
 * So often gates are drawn to stand as in a quarter of another stream, and not as in the last one of one's own. Chosen on one half of the
 * streams of `bench/whatif.ts`, which reports the other.
 */
const fromOthers = 2 / 3

/**
 * A quarter as it may be, where nothing is known of what will be switched besides the changes. In each replication it is like another
 * one: quarters of a stream differ by when somebody closed a gate, and the last one says little of the next. While a gate is closed,
 * what comes of it is the stream's own affair.
 * @param count - weeks
 * @returns for a seed, a quarter
 */
export function quarterOf(calibration: Calibration, count: number, changes: readonly Change[] = []): (seed: number) => Input {
  const { order, weeks, quarters } = calibration
  const own = weeksLike(calibration, changes)
  const now = (weeks.at(-1)?.gates ?? []).map((spans, leg) => gatesWith(spans.slice(-1), order[leg]!, order[leg + 1]!, changes)[0]!.gates)
  const alike = now.every(areOpen) ? quarters.filter(([first]) => first!.every(([span]) => areOpen(span!.gates))) : []
  return (seed) => {
    if (alike.length === 0 || uniform(seed, 0, 5, 0) >= fromOthers) return drawWeeks(order, own, count, seed)
    const like = alike[Math.floor(uniform(seed, 0, 5, 1) * alike.length)]!
    const standing = (week: number) => like[week % like.length]!.map((spans, leg) => spans.map((one) => asOwn(one, now[leg]!)))
    const drawn = own.map(({ arrivals }, week) => ({ arrivals, gates: standing(week) }))
    return drawWeeks(order, drawn, count, seed)
  }
}

const areOpen = (gates: Gates) => !isShut(togetherOf(gates))

/** What others close is closed; what they have open stands as one's own does, for of some gates nobody ever spoke. */
function asOwn({ at, gates: { onwards, into } }: Week['gates'][number][number], own: Gates): Week['gates'][number][number] {
  return { at, gates: { onwards: isShut(onwards) ? onwards : own.onwards, into: isShut(into) ? into : own.into } }
}
