import { uniform } from '../simulation/random.ts'
import type { Calibration } from './calibrate.ts'
import { isShut, spokenOf, togetherOf, type Gates, type Visit } from './visits.ts'

/** So many of one's own say more than any number of others. */
const enough = 8
/** The newest of them: what was long ago is no longer so. */
const ownNewest = 60
const othersNewest = 40

/** What became of versions that came when the gates stood so, of one stream or of another. */
export type Drawn = { readonly own: Float64Array; readonly from: 'own' | 'others' | 'any' }

/** Where to look for what becomes of a version, once for each replication. */
export type Outcomes = (leg: number, gates: Gates, held: boolean, followed: boolean) => Drawn

/**
 * What becomes of a version by part of the way, by its gates and by whether another follows at once: drawn from the stream's own
 * versions of which the same was so, and where there are too few, from those of one other stream, another in each replication. Own
 * ones are drawn with replacement, so that few of them say little (a bootstrap of the calibration).
 */
export function outcomesOf({ visits, others }: Calibration, seed: number): Outcomes {
  const known = new Map<string, Drawn>()
  const find = (leg: number, gates: Gates, held: boolean, followed: boolean, place: number): Drawn => {
    const state = togetherOf(gates)
    const alike: readonly ((visit: Visit) => boolean)[] = [
      (visit) => visit.held === held && visit.gates.onwards === gates.onwards && visit.gates.into === gates.into,
      (visit) => visit.held === held && togetherOf(visit.gates) === state,
      (visit) => togetherOf(visit.gates) === state,
    ]
    for (const same of alike) {
      for (const burst of [true, false]) {
        const own = visits[leg]!.filter((visit) => same(visit) && (!burst || visit.followed === followed)).slice(-ownNewest)
        if (own.length >= enough) return { own: resampled(own, seed, place), from: 'own' }
      }
    }
    const nearly: typeof alike = [
      ...alike,
      (visit) => spokenOf(visit.gates) === state,
      (visit) => isShut(state) && isShut(spokenOf(visit.gates)),
    ]
    for (const same of nearly) {
      const streams = others[leg]!.map((stream) =>
        stream.filter((visit) => same(visit) && visit.followed === followed).slice(-othersNewest),
      )
      const some = someOf(streams, seed, place)
      if (some !== undefined) return { own: resampled(some, seed, place), from: 'others' }
    }
    return { own: resampled(visits[leg]!.slice(-ownNewest), seed, place), from: 'any' }
  }
  return (leg, gates, held, followed) => {
    const key = `${leg} ${gates.onwards} ${gates.into} ${held} ${followed}`
    const found = known.get(key) ?? find(leg, gates, held, followed, placeOf(leg, gates, followed))
    known.set(key, found)
    return found
  }
}

/** As many streams, drawn at random, as say enough together: how much streams differ is part of what is not known. */
function someOf(streams: readonly (readonly Visit[])[], seed: number, place: number): readonly Visit[] | undefined {
  const some = streams.filter(({ length }) => length > 0)
  if (some.reduce((sum, { length }) => sum + length, 0) < enough) return undefined
  const drawn: Visit[] = []
  for (let draw = 0; drawn.length < enough; draw++) drawn.push(...some[Math.floor(uniform(seed, place, 1, draw) * some.length)]!)
  return drawn
}

/** The same whatever was asked before: a changed line must meet the same luck. */
function placeOf(leg: number, { onwards, into }: Gates, followed: boolean): number {
  const states = ['open', 'closed', 'kept', 'unknown']
  return ((leg * 4 + states.indexOf(onwards)) * 4 + states.indexOf(into)) * 2 + (followed ? 1 : 0)
}

/** Versions that wait together count as one: so many of them are worth one (design effect). */
const together = 4

/** Drawn anew with replacement. Sorted, so that the same luck is as good in one as in the other. */
function resampled(visits: readonly Visit[], seed: number, place: number): Float64Array {
  const count = Math.min(visits.length, Math.max(enough, Math.round(visits.length / together)))
  return Float64Array.from(
    { length: count },
    (_, draw) => visits[Math.floor(uniform(seed, place, 2, draw) * visits.length)]!.own,
  ).toSorted()
}
