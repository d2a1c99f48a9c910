import { notFound } from '../../kernel/errors.ts'
import { nearest } from '../definition/suggest.ts'

/** What was said of a stream. Milliseconds. */
export type Said = {
  readonly stream: string
  readonly since: number
  /** undefined: none any more. */
  readonly team: string | undefined
  readonly by: string
  readonly reason: string | undefined
}
export type Owned = Said & { readonly team: string }

/** Which team each stream belongs to, and belonged to. */
export class Owners {
  readonly #said: ReadonlyMap<string, readonly Said[]>

  /** @param said - of each stream by time */
  constructor(said: readonly Said[]) {
    this.#said = Map.groupBy(said, ({ stream }) => stream)
  }

  /** As it was at a moment. undefined: nobody said, or it belongs to none. */
  of(stream: string, at: number): Owned | undefined {
    const found = this.#said.get(stream)?.findLast(({ since }) => since <= at)
    return found?.team === undefined ? undefined : (found as Owned)
  }

  /** What was said of it since that very moment; undefined: nothing. */
  saidAt(stream: string, since: number): Said | undefined {
    return this.#said.get(stream)?.findLast((said) => said.since === since)
  }

  /** All that belonged to a team at a moment, by stream. */
  at(at: number): readonly Owned[] {
    return [...this.#said.keys()].toSorted().flatMap((stream) => this.of(stream, at) ?? [])
  }

  /** Every team that ever was, by name. */
  teams(): readonly string[] {
    return [...new Set([...this.#said.values()].flat().flatMap(({ team }) => team ?? []))].toSorted()
  }

  /**
   * Streams that belonged to a team at a moment; none, where it had none then.
   * @throws ThreewaysError `TEAM_NOT_FOUND`
   */
  streamsOf(team: string, at: number): ReadonlySet<string> {
    const streams = [...this.#said.keys()].filter((stream) => this.of(stream, at)?.team === team)
    if (streams.length === 0 && !this.teams().includes(team)) throw unknownTeam(team, this.teams())
    return new Set(streams)
  }
}

/** So many are named. */
const namedMax = 20

function unknownTeam(team: string, teams: readonly string[]) {
  const near = nearest(team, teams)
  const some = `${teams.slice(0, namedMax).join(', ')}${teams.length > namedMax ? ` and ${teams.length - namedMax} more` : ''}`
  return notFound('TEAM_NOT_FOUND', {
    message: `nobody said that a value stream belongs to a team "${team}"`,
    help:
      near !== undefined
        ? `did you mean "${near}"?`
        : teams.length > 0
          ? `there are: ${some}`
          : 'say it with `threeways team set TEAM STREAM`, or as x-threeways.team in the definition',
  })
}
