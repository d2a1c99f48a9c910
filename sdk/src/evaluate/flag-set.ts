/** A value that JSON can carry. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** Scalars only, as flagd has it. */
export type Metadata = Readonly<Record<string, string | number | boolean>>

/** One flag in flagd's format (flagd-schemas `flags.json`). */
export type FlagDefinition = {
  readonly state: 'ENABLED' | 'DISABLED'
  readonly variants: Readonly<Record<string, unknown>>
  /** Absent or null: the default that the asking code gives. */
  readonly defaultVariant?: string | null
  /** JsonLogic with flagd's operators. Absent, null or empty: everybody gets the default variant. */
  readonly targeting?: unknown
  readonly metadata?: Metadata
}

/** Flags in flagd's format. Kept as they are given: do not change a set after handing it over. */
export type FlagSet = {
  readonly flags: Readonly<Record<string, FlagDefinition>>
  /** Rules that flags share: `{"$ref": "name"}`. */
  readonly $evaluators?: Readonly<Record<string, unknown>>
  readonly metadata?: Metadata
}

/** What is known of whoever a flag is evaluated for. `targetingKey` says who it is; without it nobody can be put into a bucket. */
export type EvaluationContext = { readonly targetingKey?: string | undefined; readonly [attribute: string]: unknown }

export type FlagType = 'boolean' | 'string' | 'number' | 'object'

/** The type of a variant's or a default's value; undefined for what no flag can have. */
export function typeOfValue(value: unknown): FlagType | undefined {
  const type = typeof value
  if (type === 'boolean' || type === 'string' || type === 'number') return type
  return type === 'object' && value !== null ? 'object' : undefined
}

/** An object that is a map, not a list. */
export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
