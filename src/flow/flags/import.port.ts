/** What whoever brings flags in decides for all of them. */
export type ImportChoices = {
  /** The environment in which they stand as they are. */
  readonly environment: string
  readonly owner: string
  /** `YYYY-MM-DD` for those that end one day; undefined: the definition does not say when, so they are kept as flags of operations. */
  readonly expires?: string | undefined
  /** Whoever is diced at each request there gets nothing here; without it such a flag is refused. */
  readonly anonymousOff: boolean
  /** What their SDKs remember of whom they put where (sticky bucketing) is left behind; without it such a flag is refused. */
  readonly stickyOff: boolean
}

/** A flag in the words of its file (docs/flags.md). */
export type BroughtIn = {
  readonly flag: string
  /** As it is called there. */
  readonly from: string
  readonly document: Readonly<Record<string, unknown>>
  /** Other flags that it asks: refused together. */
  readonly asks: readonly string[]
  /** What whoever brings it in should know. */
  readonly notes: readonly string[]
}

/** What is not brought in, because it could not be honoured. */
export type LeftOut = { readonly name: string; readonly reason: string; readonly help: string }

export type Translation = { readonly flags: readonly BroughtIn[]; readonly refused: readonly LeftOut[] }
