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

/** What is told of them, as CDEvents has it. */
const words = { 'created.0.4.0': 'created', 'reviewed.0.3.0': 'reviewed', 'merged.0.3.0': 'merged' } as const
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
  }

  merged(): readonly { readonly head: string; readonly merge: string }[] {
    return [...this.byNumber.values()].flatMap(({ head, merge }) => (head === undefined || merge === undefined ? [] : [{ head, merge }]))
  }

  /** The request that a commit of the trunk brought in: by its name, or by the number that it says. */
  of(sha: string, subject: string): Request | undefined {
    this.byMerge ??= new Map([...this.byNumber.values()].flatMap((one) => (one.merge === undefined ? [] : [[one.merge, one]])))
    const [, number] = /(?:\(#(\d{1,9})\)$)/.exec(subject) ?? /^Merge pull request #(\d{1,9}) /.exec(subject) ?? []
    return this.byMerge.get(sha) ?? (number === undefined ? undefined : this.byNumber.get(Number(number)))
  }
}
