import type { Hidden } from '../../kernel/scanning/forms.ts'

// How they are handed over is the same for all who start programs.
export * from './given-secrets.ts'
export type { SecretUse } from '../definition/definition.ts'

export type SecretValue = { readonly value: Buffer; readonly version: number }

/** Where whoever starts programs gets the values of their secrets. `settings`: key of the definition's `environments`. */
export type SecretSource = {
  /** @throws ThreewaysError `SECRET_MISSING`, or that they cannot be opened */
  values(stream: string, settings: string, names: readonly string[]): Promise<ReadonlyMap<string, SecretValue>>
  /** Of those that have a value, without it. */
  versions(stream: string, settings: string, names: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** What no program of the value stream may write into a log, whether it was given to it or came to it otherwise. */
  hidden(stream: string): Promise<readonly Hidden[]>
  /** A service was about to write one. */
  leaked(leak: {
    readonly stream: string
    readonly secret: string
    readonly environment: string
    readonly candidate: string
    readonly program: string
  }): Promise<void>
}

/** Nobody has any. */
export const noSecrets = {
  values: async () => new Map<string, SecretValue>(),
  versions: async () => new Map<string, number>(),
  hidden: async () => [],
  leaked: async () => {},
} satisfies SecretSource
