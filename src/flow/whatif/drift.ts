import { quantile } from '../../kernel/statistics/quantiles.ts'
import { uniform } from '../simulation/random.ts'
import type { Calibration } from './calibrate.ts'
import type { Visit } from './visits.ts'

const quarterMs = 91 * 86_400_000
/** So many versions of a quarter say how long half of them take. */
const enough = 8

/**
 * How much slower or faster a part of the way was in one quarter than in the one before it: of this stream, and of others. Nothing says
 * whether the next is slower or faster, so either is as likely.
 * @returns for a seed, the factor by which times of a part of the way are longer
 */
export function driftOf({ visits, others, asOf }: Calibration): (leg: number, seed: number) => number {
  const seen = visits.map((own, leg) => [own, ...others[leg]!].flatMap((stream) => ratiosOf(stream, asOf)))
  return (leg, seed) => {
    const all = seen[leg]!
    if (all.length === 0) return 1
    const ratio = all[Math.floor(uniform(seed, leg, 6, 0) * all.length)]!
    return uniform(seed, leg, 6, 1) < 0.5 ? ratio : 1 / ratio
  }
}

function ratiosOf(visits: readonly Visit[], asOf: number): readonly number[] {
  const quarters: number[][] = []
  for (const { at, own } of visits) {
    const back = Math.floor((asOf - at) / quarterMs)
    if (own > 0 && Number.isFinite(own)) (quarters[back] ??= []).push(own)
  }
  const halves = Array.from(quarters, (times = []) =>
    times.length < enough
      ? undefined
      : quantile(
          times.toSorted((a, b) => a - b),
          0.5,
        ),
  )
  return halves.slice(0, -1).flatMap((half, back) => {
    const before = halves[back + 1]
    return half === undefined || before === undefined ? [] : [half / before]
  })
}
