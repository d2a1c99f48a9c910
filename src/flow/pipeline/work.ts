/** What a step does. Steps are data, so a crash has no code position to come back to. */
export type Work =
  | { readonly kind: 'checkout'; readonly copy: Copy }
  | { readonly kind: 'build'; readonly copy: Copy; readonly command: readonly string[] }
  | { readonly kind: 'candidate' }
  | { readonly kind: 'promote'; readonly stage: string }
  | { readonly kind: 'migrate'; readonly stage: string }
  /** Tries the candidate one would go back to with what was added. */
  | { readonly kind: 'prove'; readonly stage: string }
  | { readonly kind: 'deploy'; readonly stage: string }
  | { readonly kind: 'check'; readonly stage: string; readonly check: string }
  | { readonly kind: 'conclude'; readonly stage: string }
  /** Takes away what only older candidates need, once this one is verified. */
  | { readonly kind: 'contract'; readonly stage: string }

/** A reproducible build is made twice, in two folders. */
export type Copy = 'first' | 'second'

export type PlannedStep = {
  /** Unique in its run. */
  readonly name: string
  readonly work: Work
  /** null: belongs to making the candidate. */
  readonly stage: string | null
  /** For people. */
  readonly title: string
  readonly needs: readonly string[]
  /** `success`: when everything it needs succeeded. `always`: when everything it needs is over and `undoes` was begun. */
  readonly rule: 'success' | 'always'
  /** The step whose effects an `always` step settles. */
  readonly undoes: string | null
  /** May run again when its outcome was lost. */
  readonly idempotent: boolean
  /** null: it may take as long as it takes. */
  readonly timeoutMs: number | null
  /** Further tries after a failure. */
  readonly retries: number
}

export type StepState = 'pending' | 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped' | 'needs-attention'
export type RunState = 'queued' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled' | 'needs-attention'
