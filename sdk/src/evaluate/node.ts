import type { Choose } from './bucket.ts'
import type { Extension } from './extension.ts'

/** Evaluates a compiled rule for the data in its scope: the context, or an item of a list within `map` and its like. */
export type Run = (data: unknown) => unknown

/** A compiled part of a rule. */
export type Node = {
  readonly run: Run
  /** It is the same whatever the context. */
  readonly constant?: { readonly value: unknown }
  /** It is a split whose arms are written in the rule. */
  readonly split?: FixedSplit
  /** It is a fixed text and what follows it. */
  readonly joined?: { readonly prefix: string; readonly rest: Run }
}

/** The 32 bits of whoever is to be put into a bucket; -1 when it is not known who that is. */
export type Hash = (data: unknown) => number

/** A split whose variants and weights are written in the rule: what nearly all are. */
export type FixedSplit = { readonly hash: Hash; readonly choose: Choose; readonly variants: readonly unknown[] }

/** What is known while one flag is compiled. */
export type Scope = {
  readonly flagKey: string
  readonly bucketing: 'fractional-v2' | 'fractional-v3'
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly evaluators: Readonly<Record<string, unknown>>
  /** The shared rules that the flag's rule leads to. */
  readonly refs: Set<string>
  /** The shared rules that this place is within. */
  readonly within: readonly string[]
  readonly size: { parts: number }
  readonly extension?: Extension | undefined
}

export const constant = (value: unknown): Node => ({ run: () => value, constant: { value } })

/** JsonLogic's notion of truth: an empty list is false. */
export const isTruthy = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value))
