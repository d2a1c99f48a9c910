import type { ProviderName } from '../../flow/environment/provider.port.ts'
import type { SecretSource } from '../../flow/environment/secrets.port.ts'
import type { ShadowDesk } from '../../flow/environment/shadow.port.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Digest } from '../../kernel/digest.ts'
import type { Cluster } from '../../kernel/postgres/cluster.ts'
import type { Sandboxing } from './isolation/sandbox.ts'
import type { Limiting } from './program/limits.ts'
import type { Runner } from './program/runner.ts'

export type ProcessProviderOptions = {
  /** The `.threeways` folder. One provider at a time may drive it. */
  readonly home: string
  /** Random id of this home: marks its processes, so that they are found after a crash. */
  readonly homeId: string
  /** The database server the environments share; asked for when the first resource is. Must listen on TCP. */
  readonly cluster: () => Promise<Cluster>
  /** Digest of a folder's content, as candidates have it. */
  readonly digestOfTree: (folder: string) => Promise<Digest>
  readonly clock?: Clock
  /** Where services listen. @defaultValue '127.0.0.1' */
  readonly host?: string
  /** Where public addresses listen: an IPv4 address. @defaultValue `host` */
  readonly publicHost?: string | undefined
  /** Told what happens while nobody waits for an answer: restarts, crash loops, ports that had to change. */
  readonly warn?: (message: string) => void
  /** Where the values of secrets come from. @defaultValue nobody has any */
  readonly secrets?: SecretSource
  /** Who says which copies of requests are sent, and counts what comes back. @defaultValue none are */
  readonly shadows?: ShadowDesk
  /** Whether bubblewrap can be used here. @defaultValue tried when it is first asked for */
  readonly sandboxing?: () => Sandboxing
  /** What keeps limits here. @defaultValue tried when it is first asked for */
  readonly limiting?: () => Limiting
  /** Runs services in containers; absent: nothing here can. */
  readonly containers?: Containers
  /** What `provider: process` and no word in a definition mean. @defaultValue 'process' */
  readonly usual?: ProviderName
}

/** Of whoever can run containers: the runner, or why there is none. */
export type Containers = { readonly runner: Runner; readonly problem: string | undefined }
