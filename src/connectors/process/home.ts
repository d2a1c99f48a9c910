import type { Clock } from '../../kernel/clock.ts'
import type { ProviderName } from '../../flow/environment/provider.port.ts'
import type { SecretSource } from '../../flow/environment/secrets.port.ts'
import type { ShadowDesk } from '../../flow/environment/shadow.port.ts'
import type { Limiting } from './program/limits.ts'
import type { PostgresResource } from './database/postgres-resource.ts'
import type { Relay } from './isolation/relay.ts'
import type { Runner } from './program/runner.ts'
import type { Sandboxing } from './isolation/sandbox.ts'
import type { StateStore } from './state.ts'

/** What all environments of a home share. */
export type Home = {
  readonly homeId: string
  /** Where services listen. */
  readonly host: string
  /** Where public addresses listen. */
  readonly publicHost: string
  readonly clock: Clock
  readonly store: StateStore
  readonly postgres: PostgresResource
  readonly relay: Relay
  readonly secrets: SecretSource
  readonly shadows: ShadowDesk
  readonly sandboxing: () => Sandboxing
  readonly limiting: () => Limiting
  /** Where environments run. `process` in a definition leaves it to `usual`. */
  readonly runners: Readonly<Record<ProviderName, Runner>>
  readonly usual: ProviderName
  /** Told what happens while nobody watches. */
  readonly warn: (message: string) => void
}
