import type { Flag } from '../flags/flag.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import { changeNamed, namedBy } from './named.ts'
import { reachOf, type Reach } from './reach.ts'

/** How a flag stands from a moment on, in milliseconds. */
export type Revision = { readonly at: number; readonly revision: number; readonly flag: Flag }

/** When users got a change that runs. Milliseconds. */
export type Release = {
  /** That hide it, by name. None: it was released with its deployment. */
  readonly flags: readonly string[]
  /** When the first users got it; undefined: nobody has. */
  readonly first: number | undefined
  /** When all of them did. */
  readonly whole: number | undefined
  /** Times after that in which nobody got it. */
  readonly withdrawn: readonly Withdrawal[]
}

export type Withdrawal = {
  readonly since: number
  /** Undefined: it still is. */
  readonly until: number | undefined
  /** By the kill switch. */
  readonly killed: boolean
}

/** By the commit of the trunk: names of flags that hide the change. */
export type Hidden = ReadonlyMap<number, readonly string[]>

/** Every revision of every flag that is known, as of one moment of the ledger. */
export class Releases {
  /** By time, of one moment by revision. */
  private readonly lives: ReadonlyMap<string, readonly Revision[]>
  /** What was worked out of them, by environment and flags. */
  private readonly known = new Map<string, readonly Stand[]>()

  constructor(revisions: readonly Revision[] = []) {
    const all = revisions.toSorted((a, b) => a.at - b.at || a.revision - b.revision)
    this.lives = Map.groupBy(all, ({ flag }) => flag.flag)
  }

  /** Changes of a stream that flags hide, by what these say of it as of a moment. */
  hiding(lineage: StreamLineage, asOf: number): Hidden {
    const hidden = new Map<number, string[]>()
    for (const flag of this.naming(asOf)) {
      const change = isOf(flag, lineage.stream) ? meantBy(flag, lineage) : undefined
      if (change !== undefined) hidden.set(change.commit, [...(hidden.get(change.commit) ?? []), flag.flag])
    }
    return hidden
  }

  /** Whether any flag names a change of a stream, or means to. */
  concern(lineages: readonly StreamLineage[], asOf: number): boolean {
    return this.naming(asOf).some(
      (flag) =>
        lineages.some((lineage) => flag.service === lineage.stream) ||
        lineages.some((lineage) => isOf(flag, lineage.stream) && meantBy(flag, lineage) !== undefined),
    )
  }

  /** Flags of a stream that name a change which is on none of its trunks, or of which it cannot be said which it is. */
  lost(stream: string, lineages: readonly StreamLineage[], asOf: number): readonly string[] {
    const own = this.naming(asOf).filter(({ service }) => service === stream)
    const isThere = (flag: Flag, lineage: StreamLineage) => (meantBy(flag, lineage)?.merged ?? Number.POSITIVE_INFINITY) <= asOf
    return own.filter((flag) => !lineages.some((lineage) => isThere(flag, lineage))).map(({ flag }) => flag)
  }

  /**
   * When a change was released.
   * @param flags - that hide it @param arrived - when the environment ran it; undefined: it does not
   */
  of(flags: readonly string[], environment: string, arrived: number | undefined, asOf: number): Release {
    if (arrived === undefined || arrived > asOf) return { flags, first: undefined, whole: undefined, withdrawn: [] }
    if (flags.length === 0) return { flags, first: arrived, whole: arrived, withdrawn: [] }
    const stands = this.reachesOf(flags, environment).filter(({ at }) => at <= asOf)
    const before = stands.findLast(({ at }) => at <= arrived)
    const since = [...(before === undefined ? [] : [{ ...before, at: arrived }]), ...stands.filter(({ at }) => at > arrived)]
    const begin = since.findIndex(({ reach }) => reach !== 'nobody')
    return {
      flags,
      first: since[begin]?.at,
      whole: since.find(({ reach }) => reach === 'everybody')?.at,
      withdrawn: begin === -1 ? [] : withdrawals(since.slice(begin)),
    }
  }

  private naming(asOf: number): readonly Flag[] {
    return [...this.lives.keys()].toSorted().flatMap((name) => {
      const flag = this.standing(name, asOf)
      return flag === undefined || flag.change === null ? [] : [flag]
    })
  }

  /** The highest revision counts, whichever was told last. */
  private standing(name: string, asOf: number): Flag | undefined {
    let highest: Revision | undefined
    for (const one of this.lives.get(name) ?? []) if (one.at <= asOf && one.revision > (highest?.revision ?? 0)) highest = one
    return highest?.flag
  }

  /** Whom all of them together give something new, from each moment on at which that may have become another. */
  private reachesOf(flags: readonly string[], environment: string): readonly Stand[] {
    const key = JSON.stringify([environment, flags])
    const known = this.known.get(key)
    if (known !== undefined) return known
    const times = new Set(this.withRequired(flags).flatMap((name) => (this.lives.get(name) ?? []).map(({ at }) => at)))
    const stands = [...times].toSorted((a, b) => a - b).map((at) => this.standAt(flags, environment, at))
    this.known.set(key, stands)
    return stands
  }

  private standAt(flags: readonly string[], environment: string, at: number): Stand {
    const others = (name: string) => this.standing(name, at)
    const each = flags.map((name) => others(name))
    return {
      at,
      reach: combined(each.map((flag) => (flag === undefined ? 'nobody' : reachOf(flag, environment, others)))),
      isKilled: each.some((flag) => flag?.environments[environment]?.killed === true),
    }
  }

  /** With all that any revision of them ever required, however far. */
  private withRequired(flags: readonly string[]): readonly string[] {
    const found = new Set(flags)
    // What is added is gone through as well.
    for (const name of found) for (const { flag } of this.lives.get(name) ?? []) for (const need of flag.requires) found.add(need.flag)
    return [...found]
  }
}

export const noReleases = new Releases()

type Stand = { readonly at: number; readonly reach: Reach; readonly isKilled: boolean }

/** Some get something of it as soon as one of them lets them; all, when each does. */
const combined = (each: readonly Reach[]): Reach =>
  each.every((one) => one === 'everybody') ? 'everybody' : each.some((one) => one !== 'nobody') ? 'some' : 'nobody'

/** A flag that names a value stream hides the change there and nowhere else. */
const isOf = ({ service }: Flag, stream: string) => service === null || service === stream

/** A number by itself is one of every repository: it takes a flag that says whose it is. */
function meantBy({ change, service }: Flag, lineage: StreamLineage) {
  const named = namedBy(change!)
  if (named === undefined || (named.request !== undefined && named.repository === undefined && service === null)) return undefined
  return changeNamed(named, lineage)
}

function withdrawals(stands: readonly Stand[]): readonly Withdrawal[] {
  const found: Withdrawal[] = []
  for (const [index, { at, reach, isKilled }] of stands.entries()) {
    if (reach !== 'nobody' || stands[index - 1]?.reach === 'nobody') continue
    found.push({ since: at, until: stands.slice(index).find((one) => one.reach !== 'nobody')?.at, killed: isKilled })
  }
  return found
}
