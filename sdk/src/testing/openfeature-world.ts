import {
  OpenFeature,
  type Client as OpenFeatureClient,
  type EvaluationContext,
  type EvaluationDetails,
  type Hook,
  type JsonValue,
} from '@openfeature/server-sdk'
import { createClient } from '../client/client.ts'
import type { FlagSet } from '../evaluate/flag-set.ts'
import { ThreewaysProvider } from '../openfeature/server.ts'
import { makeFakeServer } from './fake-server.ts'

export type Details = EvaluationDetails<boolean | string | number | JsonValue>

/** What one case has come to. */
export type World = {
  readonly domain: string
  readonly set: FlagSet
  readonly context: Record<string, unknown>
  readonly levels: Map<string, Record<string, string>>
  readonly called: Map<string, Details | undefined>
  readonly seen: { context?: EvaluationContext }
  client: OpenFeatureClient
  key: string
  type: string
  fallback: unknown
  details: Details | undefined
  hooks: Hook[]
  order: readonly string[]
}

/** Registers our provider in the state that a case wants. */
export async function provide(world: World, kind: string): Promise<void> {
  const server = makeFakeServer(world.set)
  const never = (): Promise<Response> => new Promise(() => undefined)
  if (kind === 'error') server.answers(500)
  if (kind === 'fatal') server.answers(401)
  const stale = kind === 'stale' ? { pollMs: 2, staleMs: 2, listen: false } : {}
  const client = createClient({
    url: 'http://flags.test/api/flag-sets/test',
    fetch: kind === 'not ready' ? never : server.fetch,
    reports: false,
    random: () => 0,
    ...stale,
  })
  const provider = new Recording(client, world.seen)
  if (kind === 'not ready') OpenFeature.setProvider(world.domain, provider)
  else await OpenFeature.setProviderAndWait(world.domain, provider).catch(() => undefined)
  if (kind === 'stale') {
    const becomes = new Promise<void>((resolve) => client.on((event) => event.type === 'stale' && resolve()))
    server.die()
    await becomes
  }
  world.client = OpenFeature.getClient(world.domain)
}

/** Ours, and it remembers the context that it was given. */
class Recording extends ThreewaysProvider {
  private readonly seen: { context?: EvaluationContext }
  constructor(client: ReturnType<typeof createClient>, seen: { context?: EvaluationContext }) {
    super(client, { waitMs: 30 })
    this.seen = seen
  }
  override resolveBooleanEvaluation(key: string, defaultValue: boolean, context: EvaluationContext) {
    this.seen.context = context
    return super.resolveBooleanEvaluation(key, defaultValue, context)
  }
}

/** Evaluates the case's flag as the type that it names. */
export async function evaluate(world: World): Promise<void> {
  const { client, key, type, fallback, hooks } = world
  const context = world.context as EvaluationContext
  const options = { hooks }
  switch (type.toLowerCase()) {
    case 'boolean':
      return void (world.details = await client.getBooleanDetails(key, fallback as boolean, context, options))
    case 'string':
      return void (world.details = await client.getStringDetails(key, fallback as string, context, options))
    case 'object':
      return void (world.details = await client.getObjectDetails(key, fallback as JsonValue, context, options))
    default:
      world.details = await client.getNumberDetails(key, fallback as number, context, options)
  }
}

/** A hook that notes when it is called, and with what. */
export function hookOf(world: World, name = ''): Hook {
  const note = (stage: string, details?: Details): void => {
    world.order = [...world.order, `${name}${stage}`]
    world.called.set(stage, details)
  }
  return {
    before: () => note('before'),
    after: (_, details) => note('after', details),
    error: () => note('error'),
    finally: (_, details) => note('finally', details as Details),
  }
}

/** Evaluates with the case's levels of context, each where it belongs. */
export async function evaluateMerged(world: World): Promise<void> {
  const at = (level: string): Record<string, string> => world.levels.get(level) ?? {}
  const { domain } = world
  OpenFeature.setContext(at('API'))
  const client = OpenFeature.getClient(domain, at('Client'))
  const hooks: Hook[] = [{ before: () => at('Before Hooks') }]
  await new Promise<void>((resolve, reject) => {
    OpenFeature.setTransactionContext(
      at('Transaction'),
      () => void client.getBooleanDetails('boolean-flag', false, at('Invocation'), { hooks }).then(() => resolve(), reject),
    )
  })
  OpenFeature.setContext({})
}
