import { makeDark, makeRecords, type Dark } from '../dark/dark.ts'
import type { Budget } from '../dark/budget.ts'
import type { Extension } from '../evaluate/extension.ts'
import { createEvaluator, type Evaluation } from '../evaluate/evaluator.ts'
import type { EvaluationContext, FlagSet, FlagType } from '../evaluate/flag-set.ts'
import { systemTime, type Time } from '../time.ts'
import { onLeave } from './leave.ts'
import { makeReporter } from './reporter.ts'
import type { Fetch, Server } from './request.ts'
import { makeUpdates } from './updates.ts'

/** Keeps the last set that was good, and the address that it is of, for a start without the server. A set of another address is not taken. */
export type Store = { readonly load: () => Promise<string | undefined>; readonly save: (text: string) => Promise<void> }

export type ClientOptions = {
  /** For flags that were brought in from elsewhere: `imported` of `@threeways/sdk/imported`. */
  readonly extension?: Extension | undefined
  /** Of an environment's flags: `https://threeways.example/api/flag-sets/production`. Without it the client only has what it is given. */
  readonly url?: string
  /** A token with the scope `evaluate`. */
  readonly token?: string
  /** Flags to begin with, before the server has answered. */
  readonly bootstrap?: FlagSet
  readonly store?: Store
  /** How often the server is asked while it cannot be listened to. [default: 30,000] */
  readonly pollMs?: number
  /** Listen for changes. [default: true] */
  readonly listen?: boolean
  /** How long the server may be out of reach before flags count as stale. [default: 120,000] */
  readonly staleMs?: number
  /** Where exposures are told; false: nowhere. [default: `/exposures` below `url`] */
  readonly reports?: string | false
  /** How often. [default: 10,000] */
  readonly reportMs?: number
  /** What stands for a unit in reports. */
  readonly unitOf?: (targetingKey: string) => string
  /**
   * Metrics whose quantiles experiments may ask for: of each unit it is told how often values fell into which bucket, 4 % wide. Their
   * values are numbers from 0 on. Name them wherever they are tracked. [default: none]
   */
  readonly quantiles?: readonly string[]
  readonly budget?: Budget
  readonly fetch?: Fetch
  readonly time?: Time
  readonly random?: () => number
}

/** `starting`: no flags yet. `stale`: the server is out of reach, the last flags are served on. */
export type Status = 'starting' | 'ready' | 'stale'

export type ClientEvent =
  | { readonly type: 'ready' }
  | { readonly type: 'changed'; readonly keys: readonly string[] }
  | { readonly type: 'stale' }
  | { readonly type: 'error'; readonly error: Error }

export type Client = {
  /** As the evaluator's, and told to the server: once per unit, flag, revision and variant. Never throws. */
  evaluate(key: string, context?: EvaluationContext, defaultValue?: unknown, type?: FlagType): Evaluation
  /** The same without telling. */
  peek(key: string, context?: EvaluationContext, defaultValue?: unknown, type?: FlagType): Evaluation
  /** Something that a unit did, once more: a purchase, seconds, an amount. What is no finite number is not counted, which an `error` says once. */
  track(metric: string, context: EvaluationContext, value?: number): void
  readonly dark: Dark
  status(): Status
  /** Resolves when there are flags: true; or after so long: false. */
  ready(timeoutMs?: number): Promise<boolean>
  /** @returns a function that ends it */
  on(listener: (event: ClientEvent) => void): () => void
  keys(): readonly string[]
  /** Sends what is to be told now. */
  flush(): Promise<void>
  /** Ends everything, what is to be told first. The last flags are still served. */
  close(): Promise<void>
}

const complaintsMax = 100

/** A set as a store keeps it, with the address that it is of. */
const keptOf = (address: string | undefined, text: string): string => JSON.stringify({ of: address, set: text })

/** @returns undefined of another address, whose flags are another environment's. @throws what makes it nothing that was kept */
function setIn(kept: string, address: string | undefined): string | undefined {
  const { of, set } = JSON.parse(kept) as { readonly of?: unknown; readonly set?: unknown }
  return typeof set === 'string' && (address === undefined || of === address) ? set : undefined
}

/** Flags that keep themselves up to date and are served whatever becomes of the server. */
export function createClient(options: ClientOptions): Client {
  const { url, token, bootstrap, time = systemTime, random = Math.random, pollMs = 30_000, staleMs = 120_000 } = options
  const address = url?.replace(/\/+$/, '')
  const server: Server = {
    fetch: options.fetch ?? ((address, init) => fetch(address, init)),
    time,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  }
  const evaluator = createEvaluator(bootstrap ?? { flags: {} }, { extension: options.extension })
  const listeners = new Set<(event: ClientEvent) => void>()
  let status: Status = bootstrap === undefined ? 'starting' : 'ready'
  let cancelStale: (() => void) | undefined
  const complained = new Set<unknown>()
  let fromServer = false
  let closed = false

  function tell(event: ClientEvent): void {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch {
        // A listener's fault is no matter of the flags, nor of the other listeners.
      }
    }
  }

  /** @throws what makes it no set, which leaves the one that is there */
  function take(text: string): void {
    const keys = evaluator.update(JSON.parse(text) as FlagSet)
    const first = status === 'starting'
    if (first) become('ready')
    else if (keys.length > 0) tell({ type: 'changed', keys })
  }

  function become(next: Status): void {
    if (status === next) return
    status = next
    if (next !== 'starting') tell({ type: next })
  }

  const updates =
    address === undefined
      ? undefined
      : makeUpdates({
          server,
          url: address,
          listen: options.listen ?? true,
          pollMs,
          random,
          take(text) {
            take(text)
            fromServer = true
            void options.store?.save(keptOf(address, text)).catch(() => undefined)
          },
          reached() {
            cancelStale?.()
            cancelStale = undefined
            become('ready')
          },
          failed(error) {
            tell({ type: 'error', error })
            cancelStale ??= time.after(staleMs, () => (status === 'ready' ? become('stale') : undefined))
          },
        })

  const reports = options.reports ?? (address === undefined ? false : `${address}/exposures`)
  // Whoever asks for what was found takes nothing from what is told to the server.
  const toTell = makeRecords()
  const dark = makeDark(
    {
      evaluate: (flag, context) => evaluator.evaluate(flag, context),
      time,
      random,
      ...(options.budget === undefined ? {} : { budget: options.budget }),
    },
    reports === false ? [makeRecords()] : [makeRecords(), toTell],
  )
  const reporter =
    reports === false
      ? undefined
      : makeReporter({
          server,
          url: reports,
          everyMs: options.reportMs ?? 10_000,
          random,
          environment: () => evaluator.metadata()['flagSetId'] as string | undefined,
          rehearsals: () => toTell.take(),
          ...(options.unitOf === undefined ? {} : { unitOf: options.unitOf }),
          ...(options.quantiles === undefined ? {} : { quantiles: options.quantiles }),
        })
  const stay = reporter === undefined ? () => undefined : onLeave(() => void reporter.flush(true))

  function recall(kept: string | undefined): void {
    if (kept === undefined || fromServer || closed || bootstrap !== undefined) return
    try {
      const text = setIn(kept, address)
      if (text !== undefined) take(text)
    } catch {
      // What was kept is of no use; the server will say.
    }
  }
  void options.store?.load().then(recall, () => undefined)
  void updates?.start()

  return {
    evaluate(key, context, defaultValue, type) {
      const evaluation = evaluator.evaluate(key, context, defaultValue, type)
      reporter?.evaluated(key, context?.targetingKey, evaluation)
      return evaluation
    },
    peek: evaluator.evaluate,
    track(metric, context, value = 1) {
      const fault = !Number.isFinite(value) ? `is no finite number: ${String(value)}` : undefined
      if (fault !== undefined && complained.size < complaintsMax && !complained.has(metric)) {
        // Once for each, and of no more metrics than a person reads: what is tracked wrongly is often tracked for everybody.
        complained.add(metric)
        tell({
          type: 'error',
          error: new TypeError(`what was tracked as "${metric}" ${fault}; it is not counted, nor said again of this metric`),
        })
      }
      reporter?.track(metric, context?.targetingKey, value)
    },
    dark,
    status: () => status,
    ready(timeoutMs = 5_000) {
      if (status !== 'starting') return Promise.resolve(true)
      return new Promise((resolve) => {
        const end = (is: boolean) => () => {
          listeners.delete(listen)
          cancel()
          resolve(is)
        }
        const cancel = time.awaited(timeoutMs, () => end(false)())
        const listen = (event: ClientEvent): void => {
          if (event.type === 'ready') end(true)()
        }
        listeners.add(listen)
      })
    },
    on(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    keys: evaluator.keys,
    flush: async () => reporter?.flush(),
    async close() {
      closed = true
      stay()
      cancelStale?.()
      updates?.close()
      await reporter?.close()
    },
  }
}
