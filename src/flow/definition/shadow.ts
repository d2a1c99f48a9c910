/** Headers that say who asks. Copies of requests do without them unless a definition says otherwise. */
export const credentials = ['authorization', 'cookie', 'x-api-key', 'x-auth-token', 'x-csrf-token', 'x-xsrf-token'] as const

/** A share of the requests that another stage's environment gets is copied to this one; answers are compared, and nobody gets them. */
export type Shadow = {
  /** The stage. */
  readonly from: string
  /** Of its requests, 0 to 1. */
  readonly share: number
  readonly methods: readonly string[]
  /** Credentials that copies keep; lower case. */
  readonly pass: readonly string[]
  readonly compare: {
    /** Lower case. */
    readonly headers: readonly string[]
    readonly body: 'compared' | 'ignored'
    /** Names of members of JSON that do not count. */
    readonly ignore: readonly string[]
  }
  /** Share of copies that go to another instance of what serves instead. 0 to 1. */
  readonly noise: number
  readonly limits: ShadowLimits
}

export type ShadowLimits = {
  readonly perSecond: number
  readonly concurrent: number
  /** Of a request, and of an answer. */
  readonly bodyBytes: number
  readonly timeoutMs: number
}

/** What copies have to show. Ratios, 0 to 1. */
export type ShadowDemands = {
  readonly rehearsals: number
  readonly differ: number
  readonly fail: number
  readonly slowerMs: number | null
}
