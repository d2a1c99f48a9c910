/** A pull or merge request, as its host told of it. Times in milliseconds. */
export type Request = {
  readonly number: number
  readonly opened: number | undefined
  /** The first time that somebody else looked at it. */
  readonly reviewed: number | undefined
  /** The newest commit of its branch when it was merged. */
  readonly head: string | undefined
  /** What brought it into the trunk. */
  readonly merge: string | undefined
}

/** One that is neither merged nor given up. */
export type OpenRequest = {
  readonly number: number
  /** The first time that anything was told of it, where nobody told when it was opened. */
  readonly opened: number
  readonly reviewed: number | undefined
  /** The newest commit of its branch, where that was told. */
  readonly head: string | undefined
  /** The branch that it goes to, where that was told. */
  readonly base: string | undefined
}

/** That it was open or given up at a time, and what else was told of it then. */
type Standing = {
  readonly at: number
  readonly isOpen: boolean
  readonly head: string | undefined
  readonly base: string | undefined
}

/** What is told of them, as CDEvents has it. */
const words = {
  'created.0.4.0': 'created',
  'updated.0.3.0': 'updated',
  'reviewed.0.3.0': 'reviewed',
  'abandoned.0.3.0': 'abandoned',
  'merged.0.3.0': 'merged',
} as const
export type RequestWord = (typeof words)[keyof typeof words]

const wordsOf = new Map(Object.entries(words).map(([name, word]) => [`dev.cdevents.change.${name}`, word]))
export const requestTypes: readonly string[] = [...wordsOf.keys()]
/** @returns undefined: it tells of something else */
export const requestWordOf = (type: string): RequestWord | undefined => wordsOf.get(type)

const least = (a: number | undefined, b: number | undefined) => (a === undefined ? b : b === undefined ? a : Math.min(a, b))
/** Two that were told differently: any, but always the same one. */
const lesser = (a: string | undefined, b: string | undefined) => (a === undefined ? b : b === undefined || a < b ? a : b)

/** The requests of one repository, in whatever order and however often they are told. */
export class Requests {
  /** Counts what was told. */
  changed = 0
  private readonly byNumber = new Map<number, Request>()
  private byMerge: ReadonlyMap<string, Request> | undefined
  private readonly mergedOnes = new Set<number>()
  /** Of those that are not merged; what is merged is told by its commit. */
  private readonly standings = new Map<number, readonly Standing[]>()
  /** Every commit that was the newest of the branch of a request. */
  private readonly heads = new Set<string>()

  add(word: RequestWord, custom: Readonly<Record<string, unknown>>, at: number): void {
    const { number, head, merge } = custom
    if (typeof number !== 'number') return
    this.changed++
    const name = (value: unknown) => (word === 'merged' && typeof value === 'string' ? value : undefined)
    const before = this.byNumber.get(number)
    this.byNumber.set(number, {
      number,
      opened: least(before?.opened, word === 'created' ? at : undefined),
      reviewed: least(before?.reviewed, word === 'reviewed' ? at : undefined),
      head: lesser(before?.head, name(head)),
      merge: lesser(before?.merge, name(merge)),
    })
    this.byMerge = undefined
    if (typeof head === 'string') this.heads.add(head)
    if (word === 'merged') {
      this.mergedOnes.add(number)
      this.standings.delete(number)
    } else if (word !== 'reviewed' && !this.mergedOnes.has(number)) this.stand(number, word, custom, at)
  }

  private stand(number: number, word: RequestWord, { head, base }: Readonly<Record<string, unknown>>, at: number): void {
    const name = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
    const standing = { at, isOpen: word !== 'abandoned', head: name(head), base: name(base) }
    const before = this.standings.get(number) ?? []
    if (!before.some((one) => compare(one, standing) === 0)) this.standings.set(number, [...before, standing].toSorted(compare))
  }

  /** Whether anybody told when one of them was opened. */
  get isOpeningTold(): boolean {
    for (const { opened } of this.byNumber.values()) if (opened !== undefined) return true
    return false
  }

  /** Those that were proposed and neither merged since nor given up by then: one that was given up later was open, one that is merged is told by its commit. */
  openAt(asOf: number): readonly OpenRequest[] {
    return [...this.standings].flatMap(([number, all]) => {
      const told = all.filter(({ at }) => at <= asOf)
      if (told.at(-1)?.isOpen !== true) return []
      const { opened, reviewed } = this.byNumber.get(number)!
      return [
        {
          number,
          opened: opened ?? told[0]!.at,
          reviewed: reviewed === undefined || reviewed > asOf ? undefined : reviewed,
          head: told.findLast(({ head }) => head !== undefined)?.head,
          base: told.findLast(({ base }) => base !== undefined)?.base,
        },
      ]
    })
  }

  /** Whether a commit is, or was, the newest of the branch of one. */
  isHead(sha: string): boolean {
    return this.heads.has(sha)
  }

  merged(): readonly { readonly head: string; readonly merge: string }[] {
    return [...this.byNumber.values()].flatMap(({ head, merge }) => (head === undefined || merge === undefined ? [] : [{ head, merge }]))
  }

  /** The request that a commit of the trunk brought in: by its name, or by the number that it says. */
  of(sha: string, subject: string): Request | undefined {
    this.byMerge ??= new Map([...this.byNumber.values()].flatMap((one) => (one.merge === undefined ? [] : [[one.merge, one]])))
    const number = numberSaid(subject)
    return this.byMerge.get(sha) ?? (number === undefined ? undefined : this.byNumber.get(number))
  }
}

/** The number of the request that a commit says it came with. */
export function numberSaid(subject: string): number | undefined {
  const [, number] = /(?:\(#(\d{1,9})\)$)/.exec(subject) ?? /^Merge pull request #(\d{1,9}) /.exec(subject) ?? []
  return number === undefined ? undefined : Number(number)
}

/** By time; of one moment, what ends it is told last. */
function compare(a: Standing, b: Standing): number {
  const word = ({ isOpen, head = '', base = '' }: Standing) => `${isOpen ? 0 : 1} ${head} ${base}`
  return a.at - b.at || (word(a) < word(b) ? -1 : word(a) > word(b) ? 1 : 0)
}
