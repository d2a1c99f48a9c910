/** How what a unit (a user) did becomes its value. */
export type MetricKind =
  /** Did it or did not: 1 or 0. */
  | { readonly type: 'binary' }
  /** How often. */
  | { readonly type: 'count' }
  /** How much. A unit counts for no more than `cap`, declared beforehand: one whale must not decide. */
  | { readonly type: 'revenue'; readonly cap: number }
  /** Sum of `value` over sum of `per`: clicks per view, where units have many views. */
  | { readonly type: 'ratio' }
  /**
   * A quantile of everything that units did, of each request's latency for one: 0.99. Of values that applications told in buckets, which
   * are 4 % wide.
   */
  | { readonly type: 'quantile'; readonly share: number }

export type MetricType = MetricKind['type']

/** One question of an experiment. */
export type Metric = {
  readonly key: string
  readonly kind: MetricKind
  /** Decision: what it is about. Guardrail: must not get worse. Exploratory: for the next hypothesis, decides nothing. */
  readonly role: 'decision' | 'guardrail' | 'exploratory'
  readonly better: 'more' | 'less'
  /** The least relative change that is worth seeing, 0.02 for 2 %. Of decision metrics. */
  readonly effect?: number
  /** How much worse is still borne, relative, 0.01 for 1 %. Of guardrails. */
  readonly margin?: number
  /** Each unit comes with its value of the time before, and what that explains is taken out (CUPED). */
  readonly before: boolean
}

/** Where the variables of a unit stand in the moments that are kept of a metric. */
export function variablesOf({ kind, before }: Pick<Metric, 'kind' | 'before'>): readonly ('value' | 'per' | 'before' | 'perBefore')[] {
  if (kind.type === 'ratio') return before ? ['value', 'per', 'before', 'perBefore'] : ['value', 'per']
  return before ? ['value', 'before'] : ['value']
}
