import type { EnvironmentSettings } from '../../definition/definition.ts'
import type { EnvironmentId } from '../provider.port.ts'

export type Rest = {
  /** Since when; undefined: it is awake. */
  readonly asleep: string | undefined
  /** So long nobody asked anything of it, ms; undefined: something is under way, or nothing could wake it. WebSockets and streams count until they end. */
  readonly idleMs: number | undefined
  /** Of the deployment it was made from. */
  readonly settings: EnvironmentSettings | undefined
  /** Sums of the limits of all its instances. */
  readonly reserved: { readonly memoryBytes: number; readonly cpus: number }
}

/** What a provider brings so that environments can sleep: their processes end, their data, ports and addresses stay. */
export type RestProvider = {
  /** Undefined: it is not kept here, or is being changed right now. */
  rest(environment: EnvironmentId): Rest | undefined
  /**
   * Nothing of it runs when this returns. What was under way is drained as in a deployment. Safe to repeat.
   * @param untilWoken - requests are refused instead of waking it. @defaultValue false
   */
  sleep(environment: EnvironmentId, untilWoken?: boolean): Promise<void>
  /**
   * Returns when everything is ready again. The first request to a public address does the same, and is held until then.
   * @throws ThreewaysError `SERVICE_UNHEALTHY`
   */
  wake(environment: EnvironmentId): Promise<void>
  /**
   * Asks this before one wakes, for a request too; what it throws is told to whoever asked, and the environment sleeps on. Nobody
   * asks it before a deployment.
   */
  guardWaking(check: (environment: EnvironmentId) => Promise<void>): void
}
