import { uniform } from '../simulation/random.ts'
import type { Calibration } from './calibrate.ts'
import { driftOf } from './drift.ts'
import { isShut, spokenOf, togetherOf, type Gates, type GateState, type Visit } from './visits.ts'

/** So many of one's own say more than any number of others. */
const enough = 8
/** The newest of them: what was long ago is no longer so. */
const ownNewest = 120
const othersNewest = 40

/** What became of versions that came when the gates stood so, of one stream or of another. */
export type Drawn = { readonly own: Float64Array; readonly from: 'own' | 'others' | 'any' }

/** Where to look for what becomes of a version in one replication. */
export type Outcomes = (leg: number, gates: Gates, held: boolean, followed: boolean) => Drawn

/** What may be drawn from: visits of one's own, or of others by stream. */
type Pool = { readonly from: Drawn['from']; readonly streams: readonly (readonly Visit[])[] }

/**
 * What becomes of a version by part of the way, by its gates and by whether another follows at once: drawn from the stream's own
 * versions of which the same was so, and where there are too few, from those of a few other streams, others in each replication. Own
 * ones are drawn too, so that few of them say little (a bootstrap of the calibration).
 * @returns for a seed, what is drawn with it
 */
export function outcomesOf(calibration: Calibration): (seed: number) => Outcomes {
  const pools: Pool[] = []
  const drift = driftOf(calibration)
  return (seed) => {
    const known: Drawn[] = []
    return (leg, gates, held, followed) => {
      // The same whatever was asked before: a changed line must meet the same luck.
      const place = placeOf(leg, gates, held, followed)
      pools[place] ??= poolOf(calibration, leg, gates, held, followed)
      return (known[place] ??= drawnFrom(pools[place], seed, place, drift(leg, seed)))
    }
  }
}

function poolOf({ visits, others }: Calibration, leg: number, gates: Gates, held: boolean, followed: boolean): Pool {
  const state = togetherOf(gates)
  const alike: readonly ((visit: Visit) => boolean)[] = [
    (visit) => visit.held === held && visit.gates.onwards === gates.onwards && visit.gates.into === gates.into,
    (visit) => visit.held === held && togetherOf(visit.gates) === state,
    (visit) => togetherOf(visit.gates) === state,
  ]
  for (const same of alike) {
    for (const burst of [true, false]) {
      const own = visits[leg]!.filter((visit) => same(visit) && (!burst || visit.followed === followed)).slice(-ownNewest)
      if (own.length >= enough) return { from: 'own', streams: [own] }
    }
  }
  const nearly: typeof alike = [
    ...alike,
    (visit) => spokenOf(visit.gates) === state,
    (visit) => isShut(state) && isShut(spokenOf(visit.gates)),
  ]
  for (const same of nearly) {
    const streams = others[leg]!.map((stream) => stream.filter((visit) => same(visit) && visit.followed === followed).slice(-othersNewest))
    const some = streams.filter(({ length }) => length > 0)
    if (some.reduce((sum, { length }) => sum + length, 0) >= enough) return { from: 'others', streams: some }
  }
  return { from: 'any', streams: [visits[leg]!.slice(-ownNewest)] }
}

function drawnFrom({ from, streams }: Pool, seed: number, place: number, slower: number): Drawn {
  const own = stretchOf(from === 'others' ? someOf(streams, seed, place) : streams[0]!, seed, place)
  return { from, own: own.map((ms) => ms * slower) }
}

/** As many streams, drawn at random, as say enough together: how much streams differ is part of what is not known. */
function someOf(streams: readonly (readonly Visit[])[], seed: number, place: number): readonly Visit[] {
  const drawn: Visit[] = []
  for (let draw = 0; drawn.length < enough; draw++) drawn.push(...streams[Math.floor(uniform(seed, place, 1, draw) * streams.length)]!)
  return drawn
}

const states: readonly GateState[] = ['open', 'closed', 'kept', 'unknown']
const placeOf = (leg: number, { onwards, into }: Gates, held: boolean, followed: boolean) =>
  ((leg * 4 + states.indexOf(onwards)) * 4 + states.indexOf(into)) * 4 + (held ? 2 : 0) + (followed ? 1 : 0)

/** Versions that come near each other are alike: so many of them are worth one. */
const together = 8

/**
 * A stretch of them, from anywhere (a moving block bootstrap: Künsch, Annals of Statistics 17, 1989): how much one month differs from
 * the next is part of what is not known. Sorted, so that the same luck is as good in one as in the other.
 */
function stretchOf(visits: readonly Visit[], seed: number, place: number): Float64Array {
  const count = Math.min(visits.length, Math.max(enough, Math.round(visits.length / together)))
  const begin = Math.floor(uniform(seed, place, 2, 0) * visits.length)
  return Float64Array.from({ length: count }, (_, at) => visits[(begin + at) % visits.length]!.own).toSorted()
}
