import type { Run } from './node.ts'

/** An operator that flagd's format does not have. It is given what is written, uncompiled. @throws Fault what makes no sense */
export type ForeignOperator = (args: readonly unknown[], options: { readonly now: () => number }) => Run

/** What an evaluator can do beyond flagd's format. */
export type Extension = {
  /** Names that a flag's `tw.bucketing` may have besides those of flagd. */
  readonly bucketings: readonly string[]
  readonly operators: Readonly<Record<string, ForeignOperator>>
}
