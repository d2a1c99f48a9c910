import type { Instant } from '../../kernel/clock.ts'

type Common = {
  /** Names what is told among all that its source tells: telling it again is telling it once. */
  readonly id: string
  readonly at: Instant
  /** The value stream: one service, or what is deployed together. */
  readonly stream: string
  readonly environment: string
  readonly by?: string | undefined
}

/** What a connector found in somebody else's records. It translates and does not judge. */
export type Told =
  | (Common & {
      readonly kind: 'deployment'
      readonly version: string
      /** What ran before, where that is known. */
      readonly previous?: string | undefined
      readonly commit?: string | undefined
    })
  | (Common & { readonly kind: 'gate'; readonly way: 'into' | 'onwards'; readonly open: boolean })
