import { firstThat } from '../../kernel/search.ts'
import { remembered } from './remembered.ts'

/** A version that came to run somewhere. */
export type Deployed = {
  readonly environment: string
  /** Milliseconds. */
  readonly at: number
  readonly version: string
  /** Whoever deployed it said that it went back. */
  readonly back?: boolean
}

/** What was known of them at a moment, in milliseconds. @param deployments - by time */
export function untilOf<One extends Deployed>(deployments: readonly One[], asOf: number): readonly One[] {
  if ((deployments.at(-1)?.at ?? asOf) <= asOf) return deployments
  return deployments.slice(0, firstAfter(deployments, asOf))
}

/** Those at a moment or later, in milliseconds. @param deployments - by time */
export function sinceOf<One extends Deployed>(deployments: readonly One[], moment: number): readonly One[] {
  const first = firstSince(deployments, moment)
  return first === 0 ? deployments : deployments.slice(first)
}

/** The place of the first of those. */
export const firstSince = (deployments: readonly Deployed[], moment: number): number => firstAfter(deployments, moment - 1)

const firstAfter = (deployments: readonly Deployed[], moment: number): number =>
  firstThat(deployments.length, (at) => deployments[at]!.at > moment)

/** What people call the environment that they deliver to. */
const production = /^(prod|production|live)\b/i
/** An environment that fewer of the versions came to is beside the way. */
const share = 0.2

/**
 * The way of a value stream's versions: the environments most of them come to, and at its end the one that they are delivered to:
 * what is called production where there is one, or else the last. That one stays however few get there.
 * @param deployments - by time
 * @param estate - order of the whole estate, for a stream that says too little
 * @param to - ends there instead
 * @param first - only as those from this place on tell
 * @returns one environment alone where there is no way
 */
export function wayOf(deployments: readonly Deployed[], estate: readonly string[] = [], to?: string, first = 0): readonly string[] {
  return ways(deployments, JSON.stringify([estate, to, first]))
}

const ways = remembered((all: readonly Deployed[], question: string): readonly string[] => {
  const [estate, to, first] = JSON.parse(question) as [readonly string[], string | null, number]
  return wayAlong(all.slice(first), estate, to)
})

function wayAlong(deployments: readonly Deployed[], estate: readonly string[], to: string | null): readonly string[] {
  const versions = new Map<string, Set<string>>()
  const all = new Set<string>()
  for (const { environment, version } of deployments) {
    all.add(version)
    const seen = versions.get(environment) ?? new Set()
    versions.set(environment, seen.add(version))
  }
  const order = orderOf(deployments, estate)
  const end = to ?? order.find((name) => production.test(name))
  const way = order.filter((name) => name === end || versions.get(name)!.size >= share * all.size)
  return end === undefined ? way : [...way.slice(0, way.indexOf(end)), end]
}

/** So many versions that went through two environments say which of them is first. */
const enough = 5

/**
 * The environments of a value stream in the order in which versions come to them, as it was seen: of two environments, that one is
 * first in which more versions were first. Nobody has to say it.
 * @param deployments - by time
 * @param others - order of the whole estate, for a stream that says too little
 */
export function orderOf(deployments: readonly Deployed[], others: readonly string[] = []): readonly string[] {
  return orderBy(firstsOf(deployments), others)
}

/** Of how many versions which environment was first, of each two. Those of several streams add up. */
export type Firsts = {
  readonly names: readonly string[]
  /** By `first second`. */
  readonly counts: ReadonlyMap<string, number>
}

export function firstsOf(deployments: readonly Deployed[]): Firsts {
  const names: string[] = []
  const firstSeen = new Map<string, Map<string, number>>()
  for (const { environment, at, version } of deployments) {
    if (!names.includes(environment)) names.push(environment)
    const seen = firstSeen.get(version) ?? new Map<string, number>()
    if (!seen.has(environment)) seen.set(environment, at)
    firstSeen.set(version, seen)
  }
  const counts = new Map<string, number>()
  for (const times of firstSeen.values()) {
    for (const [a, atA] of times) {
      for (const [b, atB] of times) if (atA < atB) counts.set(pair(a, b), (counts.get(pair(a, b)) ?? 0) + 1)
    }
  }
  return { names, counts }
}

export function sumOf(all: Iterable<Firsts>): Firsts {
  const names = new Set<string>()
  const counts = new Map<string, number>()
  for (const one of all) {
    for (const name of one.names) names.add(name)
    for (const [key, count] of one.counts) counts.set(key, (counts.get(key) ?? 0) + count)
  }
  return { names: [...names], counts }
}

/** @param others - order of the whole estate, for two environments that too few versions went through */
export function orderBy({ names, counts }: Firsts, others: readonly string[] = []): readonly string[] {
  const wins = new Map(names.map((name) => [name, 0]))
  for (const [at, a] of names.entries()) {
    for (const b of names.slice(at + 1)) {
      const [before, after] = [counts.get(pair(a, b)) ?? 0, counts.get(pair(b, a)) ?? 0]
      const told = before + after >= enough ? before - after : others.indexOf(b) - others.indexOf(a)
      const first = told >= 0 ? a : b
      wins.set(first, wins.get(first)! + 1)
    }
  }
  return names.toSorted((a, b) => wins.get(b)! - wins.get(a)!)
}

const pair = (a: string, b: string) => `${a}\u0000${b}`
