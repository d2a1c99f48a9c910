import type { FoundCheck, FoundHealth } from './clues.port.ts'

/** Something the proposal says, and why. `sure`: it stands so in the file; otherwise a person should look. */
export type Guess = { readonly what: string; readonly from: string; readonly sure: boolean }

/** Something the project has that the proposal does not. */
export type LeftOut = { readonly what: string; readonly from: string; readonly why: string }

export type DraftService = {
  readonly name: string
  readonly from: string
  readonly command: readonly string[]
  readonly workdir: string
  readonly port: number | undefined
  readonly environment: Readonly<Record<string, string>>
  readonly health: DraftHealth | undefined
  readonly dependsOn: readonly { readonly name: string; readonly healthy: boolean }[]
  readonly stop: { readonly signal?: string; readonly grace?: string }
}

export type DraftHealth = Omit<FoundHealth, 'test'> & { readonly probe: { readonly http: string } | { readonly test: readonly string[] } }

export type DraftResource = { readonly name: string; readonly from: string; readonly seed: string | undefined }

export type DraftCheck = {
  readonly name: string
  readonly from: string
  readonly command: readonly string[]
  readonly in: FoundCheck['in']
}

/** A proposal before it is written. */
export type Draft = {
  readonly name: string
  readonly services: readonly DraftService[]
  readonly resources: readonly DraftResource[]
  readonly build: readonly { readonly command: readonly string[]; readonly from: string }[]
  /** Commands a person may want in the build. */
  readonly hints: readonly { readonly command: string; readonly from: string }[]
  readonly tools: Readonly<Record<string, string>>
  readonly checks: readonly DraftCheck[]
}

/** Collects what is told about a draft while it is made. */
export type Notes = { readonly guesses: Guess[]; readonly leftOut: LeftOut[] }
