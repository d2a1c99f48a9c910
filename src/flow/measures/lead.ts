import type { Deployed } from './environments.ts'
import { remembered } from './remembered.ts'

/** One version on its way. */
export type Passage = {
  readonly version: string
  /** When it was first seen anywhere, in milliseconds. */
  readonly arrived: number
  /** When the environment first ran it or a later one, which contains it; undefined: not yet. */
  readonly reached: number | undefined
  /** The version that carried it there. */
  readonly by: string | undefined
}

/** One deployment to the environment that is looked at. */
export type Arrival = {
  readonly at: number
  readonly version: string
  /** Versions that had not been there before. */
  readonly batch: number
  /** It is an earlier version than what ran, or was told to go back. */
  readonly back: boolean
}

export type Passages = { readonly passages: readonly Passage[]; readonly arrivals: readonly Arrival[] }

/** Two deployments so near each other that change places are a race of their makers, and nobody's decision to go back. */
const raceMs = 10 * 60_000

/**
 * How the versions of a value stream came to an environment. Versions are taken for a line in which a later one contains the
 * earlier ones, by when they were first seen; a commit graph says it better where there is one.
 * @param deployments - of one stream, by time, and nothing later than the moment from which it is looked at
 */
export const passagesTo = (environment: string, deployments: readonly Deployed[]): Passages => passages(deployments, environment)

const passages = remembered((deployments: readonly Deployed[], environment: string): Passages => {
  const place = new Map<string, number>()
  const found: { version: string; arrived: number; reached: number | undefined; by: string | undefined }[] = []
  const arrivals: Arrival[] = []
  let furthest = -1
  let last: { readonly at: number; readonly place: number } | undefined
  for (const { environment: where, at, version, back: told = false } of deployments) {
    let here = place.get(version)
    if (here === undefined) {
      here = found.push({ version, arrived: at, reached: undefined, by: undefined }) - 1
      place.set(version, here)
    }
    if (where !== environment) continue
    for (let each = furthest + 1; each <= here; each++) {
      found[each]!.reached = at
      found[each]!.by = version
    }
    const back = told || (last !== undefined && here < last.place && at - last.at > raceMs)
    arrivals.push({ at, version, batch: Math.max(0, here - furthest), back })
    furthest = Math.max(furthest, here)
    last = { at, place: here }
  }
  return { passages: found, arrivals }
})
