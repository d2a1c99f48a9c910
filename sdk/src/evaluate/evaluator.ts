import { decideOf, failed, type Decide, type ErrorCode, type Outcome, type Reason } from './decide.ts'
import { sameJson } from './equal.ts'
import type { Extension } from './extension.ts'
import { Fault } from './fault.ts'
import { isMap, typeOfValue, type EvaluationContext, type FlagDefinition, type FlagSet, type FlagType, type Metadata } from './flag-set.ts'
import { beginCounting } from './steps.ts'
import { usersOfShared } from './shared.ts'

/** What a flag comes to for a context, and why. */
export type Evaluation = {
  /** The variant's value, or the default of whoever asked. Objects are the flag's own: do not change them. */
  readonly value: unknown
  readonly variant: string | undefined
  readonly reason: Reason
  readonly errorCode: ErrorCode | undefined
  readonly errorMessage: string | undefined
  /** The set's and the flag's. */
  readonly metadata: Metadata
  /** Which branch of the targeting fired; `default` where none did. */
  readonly rule: string
  /** Of the flag (`tw.rev`), where it is known. */
  readonly revision: number | undefined
}

export type Evaluator = {
  /**
   * Never throws, whatever the context: what goes wrong is in the result, with the default as value.
   * @param type - what the value has to be; the default's type when it is not given
   */
  evaluate(key: string, context?: EvaluationContext, defaultValue?: unknown, type?: FlagType): Evaluation
  /** Every flag, in the order of the set. Where the code's default is to be taken, the value is undefined. */
  evaluateAll(context?: EvaluationContext): readonly (Evaluation & { readonly key: string })[]
  /**
   * Takes another set. Flags that are the same stay compiled; the others are compiled when they are first asked for, so that no
   * publication holds up the process.
   * @returns keys of the flags that are new, gone or other than before
   */
  update(flagSet: FlagSet): readonly string[]
  keys(): readonly string[]
  /** The set's own metadata. */
  metadata(): Metadata
}

export type EvaluatorOptions = {
  readonly now?: (() => number) | undefined
  /** For flags that were brought in from elsewhere: `imported` of `@threeways/sdk/imported`. */
  readonly extension?: Extension | undefined
}

type Entry = {
  readonly key: string
  readonly definition: FlagDefinition
  decide: Decide | undefined
  metadata: Metadata | undefined
  revision: number | undefined
}

const empty: EvaluationContext = Object.freeze({})
const noMetadata: Metadata = Object.freeze({})

/**
 * Evaluates flags in flagd's format in this process, synchronously.
 * @throws TypeError the set is no object with `flags` in it. A single faulty flag only makes itself answer with `PARSE_ERROR`; use
 * `validateFlagSet` to refuse a set.
 */
export function createEvaluator(flagSet: FlagSet, options: EvaluatorOptions = {}): Evaluator {
  const { now = Date.now, extension } = options
  let set: FlagSet = { flags: {} }
  let entries = new Map<string, Entry>()

  function update(next: FlagSet): readonly string[] {
    checkSet(next)
    const changed = new Set<string>(usersOfShared(set, next))
    const sameMetadata = sameJson(set.metadata, next.metadata)
    const kept = new Map<string, Entry>()
    for (const [key, definition] of Object.entries(next.flags)) {
      const before = entries.get(key)
      const same = before !== undefined && !changed.has(key) && sameJson(before.definition, definition)
      if (!same) changed.add(key)
      else if (!sameMetadata) before.metadata = undefined
      kept.set(key, same ? before : { key, definition, decide: undefined, metadata: undefined, revision: undefined })
    }
    for (const key of entries.keys()) if (!kept.has(key)) changed.add(key)
    entries = kept
    set = next
    return [...changed]
  }

  function prepare(entry: Entry): Decide {
    const own = isMap(entry.definition) ? entry.definition.metadata : undefined
    const written = own?.['tw.bucketing'] ?? 'fractional-v2'
    // What is bucketed in the way of others says so in its rule; a split of flagd's within it is as usual.
    const bucketing = extension?.bucketings.includes(String(written)) === true ? 'fractional-v2' : written
    if (bucketing !== 'fractional-v2' && bucketing !== 'fractional-v3') {
      const outcome = failed('PARSE_ERROR', `flag "${entry.key}" is bucketed by "${String(bucketing)}", which is not known here`)
      return (entry.decide = () => outcome)
    }
    const evaluators = set.$evaluators ?? {}
    entry.decide = decideOf(entry.definition, {
      flagKey: entry.key,
      bucketing,
      now,
      evaluators,
      refs: new Set(),
      within: [],
      size: { parts: 0 },
      extension,
    })
    return entry.decide
  }

  function merge(entry: Entry): Metadata {
    const own = isMap(entry.definition) ? entry.definition.metadata : undefined
    entry.metadata = Object.freeze({ ...set.metadata, ...own })
    entry.revision = typeof own?.['tw.rev'] === 'number' ? own['tw.rev'] : undefined
    return entry.metadata
  }

  function outcomeFor(entry: Entry, context: unknown): Outcome {
    try {
      beginCounting()
      return (entry.decide ?? prepare(entry))(context)
    } catch (error) {
      const why = error instanceof Fault ? error.message : 'its rule fails for this context'
      return failed('GENERAL', `flag "${entry.key}": ${why}`)
    }
  }

  function evaluate(key: string, context: EvaluationContext = empty, defaultValue?: unknown, type?: FlagType): Evaluation {
    const entry = entries.get(key)
    if (entry === undefined) return unknownFlag(key, defaultValue, set.metadata)
    const outcome = outcomeFor(entry, context)
    const metadata = entry.metadata ?? merge(entry)
    const wanted = type ?? typeOfValue(defaultValue)
    if (outcome.type !== undefined && wanted !== undefined && outcome.type !== wanted)
      return mismatched(entry, outcome, wanted, defaultValue)
    return {
      value: outcome.type === undefined ? defaultValue : outcome.value,
      variant: outcome.variant,
      reason: outcome.reason,
      errorCode: outcome.errorCode,
      errorMessage: outcome.errorMessage,
      metadata,
      rule: outcome.rule,
      revision: entry.revision,
    }
  }

  update(flagSet)
  return {
    evaluate,
    evaluateAll: (context = empty) => [...entries.keys()].map((key) => ({ key, ...evaluate(key, context) })),
    update,
    keys: () => [...entries.keys()],
    metadata: () => set.metadata ?? noMetadata,
  }
}

function unknownFlag(key: string, value: unknown, metadata: Metadata = noMetadata): Evaluation {
  const errorMessage = `there is no flag "${key}"`
  return {
    value,
    variant: undefined,
    reason: 'ERROR',
    errorCode: 'FLAG_NOT_FOUND',
    errorMessage,
    metadata,
    rule: 'default',
    revision: undefined,
  }
}

function mismatched(entry: Entry, outcome: Outcome, wanted: FlagType, value: unknown): Evaluation {
  const errorMessage = `flag "${entry.key}" is of type ${outcome.type}, and was asked for as ${wanted}`
  const { metadata = noMetadata, revision } = entry
  return { value, variant: undefined, reason: 'ERROR', errorCode: 'TYPE_MISMATCH', errorMessage, metadata, rule: outcome.rule, revision }
}

function checkSet(set: unknown): asserts set is FlagSet {
  if (!isMap(set) || !isMap(set['flags'])) throw new TypeError('a flag set is an object with "flags", a map from keys to flags, in it')
  for (const name of ['$evaluators', 'metadata']) {
    const part = set[name]
    if (part !== undefined && !isMap(part)) throw new TypeError(`"${name}" of a flag set is an object`)
  }
}
