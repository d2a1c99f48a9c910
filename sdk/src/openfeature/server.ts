import {
  OpenFeatureEventEmitter,
  ProviderEvents,
  ProviderFatalError,
  type ErrorCode,
  type EvaluationContext,
  type JsonValue,
  type Provider,
  type ResolutionDetails,
  type TrackingEventDetails,
} from '@openfeature/server-sdk'
import type { Client } from '../client/client.ts'
import type { FlagType } from '../evaluate/flag-set.ts'
import { forwardEvents, resolutionOf, startOf } from './resolution.ts'

/** Our flags for OpenFeature's SDK for Node: evaluated in this process. */
export class ThreewaysProvider implements Provider {
  readonly metadata = { name: 'threeways' } as const
  readonly runsOn = 'server'
  readonly events = new OpenFeatureEventEmitter()
  private readonly client: Client
  private readonly waitMs: number
  private readonly forwarding: ReturnType<typeof forwardEvents>

  /** @param options.waitMs - how long the start waits for flags. [default: 5,000] */
  constructor(client: Client, options: { readonly waitMs?: number } = {}) {
    this.client = client
    this.waitMs = options.waitMs ?? 5_000
    this.forwarding = forwardEvents(client, {
      ready: () => this.events.emit(ProviderEvents.Ready),
      stale: () => this.events.emit(ProviderEvents.Stale),
      changed: (flagsChanged) => this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged }),
    })
  }

  async initialize(): Promise<void> {
    const fault = await startOf(this.client, this.waitMs)
    this.forwarding.started()
    if (fault !== undefined) throw fault.fatal ? new ProviderFatalError(fault.message) : new Error(fault.message)
  }

  async onClose(): Promise<void> {
    this.forwarding.end()
    await this.client.close()
  }

  resolveBooleanEvaluation(key: string, defaultValue: boolean, context: EvaluationContext): Promise<ResolutionDetails<boolean>> {
    return this.resolve(key, defaultValue, context, 'boolean')
  }

  resolveStringEvaluation(key: string, defaultValue: string, context: EvaluationContext): Promise<ResolutionDetails<string>> {
    return this.resolve(key, defaultValue, context, 'string')
  }

  resolveNumberEvaluation(key: string, defaultValue: number, context: EvaluationContext): Promise<ResolutionDetails<number>> {
    return this.resolve(key, defaultValue, context, 'number')
  }

  resolveObjectEvaluation<T extends JsonValue>(key: string, defaultValue: T, context: EvaluationContext): Promise<ResolutionDetails<T>> {
    return this.resolve(key, defaultValue, context, 'object')
  }

  /** The event's `value`, or 1: once more. */
  track(name: string, context: EvaluationContext, details: TrackingEventDetails): void {
    this.client.track(name, context, details.value ?? 1)
  }

  private async resolve<T>(key: string, defaultValue: T, context: EvaluationContext, type: FlagType): Promise<ResolutionDetails<T>> {
    return resolutionOf<T, ErrorCode>(this.client.evaluate(key, context, defaultValue, type)) as ResolutionDetails<T>
  }
}
