import type { Demands } from '../dark/readiness.ts'

/** A flag as it is authored, after reading. Plain data; shares are counted in slots of {@link slotCount}. */
export type Flag = {
  /** Its name: what code asks for. */
  readonly flag: string
  readonly description: string
  /** Who answers for it: a person or a team. */
  readonly owner: string
  readonly purpose: Purpose
  /** `YYYY-MM-DD`; null: never. */
  readonly expires: string | null
  /** What it belongs to, where that is said. */
  readonly service: string | null
  readonly change: string | null
  readonly variants: Readonly<Record<string, Value>>
  /** What everybody gets where the flag is off or dark, and whoever no slot belongs to; may be {@link codeDefault}. */
  readonly control: string
  readonly bucketing: Bucketing
  /** Attribute of the context whose value decides the slot; as others have it also `one|other`: the first that is there. */
  readonly bucketBy: string
  /** In front of that value, so that flags are diced apart. */
  readonly salt: string
  /** Where one of them does not hold, everybody gets control. */
  readonly requires: readonly Requirement[]
  /** The layer whose slots it keeps to: whoever is outside its share of it gets control. */
  readonly layer?: string
  /** Of a holdout: what its units are kept out of. */
  readonly holds?: Holds
  readonly environments: Readonly<Record<string, Setting>>
}

export type Value = boolean | string | number | { readonly [key: string]: unknown } | readonly unknown[]

/** `layer`: flags that own its slots never meet in a unit. `holdout`: its units are in no experiment. */
export const purposes = ['release', 'experiment', 'operations', 'permission', 'layer', 'holdout'] as const
export type Purpose = (typeof purposes)[number]

/** In the order of a flag's life. `dark`: real clients rehearse it, and nobody sees it. */
export const states = ['off', 'dark', 'ramp', 'on', 'retired'] as const
export type State = (typeof states)[number]

/**
 * How a bucket is made of a key; pinned per flag, because another one would move everybody. Those of others are for flags that were
 * brought in from them: only our own evaluator knows them.
 */
export const bucketings = ['fractional-v2', 'fractional-v3', 'unleash-v1', 'growthbook-v1', 'growthbook-v2'] as const
export type Bucketing = (typeof bucketings)[number]

/** Whether it is one of flagd's, which every evaluator of its format knows. */
export const isOfFlagd = (bucketing: Bucketing): bucketing is 'fractional-v2' | 'fractional-v3' => bucketing.startsWith('fractional-')

/** All flags for experiments, those of one owner, or all flags of a layer. */
export type Holds = 'experiments' | { readonly owner: string } | { readonly layer: string }

export type Requirement = { readonly flag: string; readonly variant: string }

/** How a flag stands in one environment. */
export type Setting = {
  readonly state: State
  /** The kill switch was thrown: everybody gets control, whatever else is said here. */
  readonly killed: boolean
  /** The first that fits decides. They hold in the states `ramp` and `on`. */
  readonly rules: readonly Rule[]
  /** What everybody else gets. */
  readonly serve: Serve
  /** Of units that rehearse in the state `dark`, in slots. */
  readonly sample: number
  /** How often clients play it a second, all together, in the state `dark`; 0: not at all. */
  readonly load: number
  /** By which a ramp goes on by itself. */
  readonly plan: Plan | null
  /** What rehearsals have to show before it leaves the dark; null: nothing. */
  readonly ready: Demands | null
}

/** A ramp of one variant that goes on by itself, step by step. */
export type Plan = {
  readonly variant: string
  readonly steps: readonly PlanStep[]
  /** Index of the step that it is on. */
  readonly step: number
  /** When that step began; null: it has not been published yet. */
  readonly since: string | null
  /** Why it waits; null: it does not. */
  readonly paused: string | null
  /** What must not get worse than with control while it grows. */
  readonly guardrails: readonly Guardrail[]
}

/** A metric that applications track; harm that is shown, however often one looks, lets the plan wait or turns the flag off. */
export type Guardrail = {
  readonly metric: string
  /** binary: did it or not. count: how often. ratio: how much each time. */
  readonly kind: 'binary' | 'count' | 'ratio'
  readonly better: 'more' | 'less'
  readonly action: 'pause' | 'turn back'
}

/**
 * `share`: slots. `holdMs`: how long it is held before the next one; of the last step it means nothing. `until`: a moment (RFC 3339)
 * before which the next one does not come; or an experiment that has to be decided as well, and what it decides is what follows.
 */
export type PlanStep = { readonly share: number; readonly holdMs: number; readonly until?: string }

export type Rule = { readonly id: string; readonly when: Condition; readonly serve: Serve }

/** A variant for everybody, or slots per variant; whom no slot belongs to gets control. */
export type Serve = string | Readonly<Record<string, number>>

/** All attributes have to fit. */
export type Condition = Readonly<Record<string, unknown>>

/** In place of a variant: the default that the asking code gives. */
export const codeDefault = '$code'

/** Slots of a flag: a hundredth of a percent each. */
export const slotCount = 10_000

/** `boolean`, `string`, `number` or `object`: all variants of a flag are of one. */
export const typeOf = (value: unknown): string => (typeof value === 'object' ? 'object' : typeof value)

/** Names a distribution of a flag: that of an environment, or of a rule in it. */
export const tableName = (environment: string, rule?: string): string => (rule === undefined ? environment : `${environment}/${rule}`)
