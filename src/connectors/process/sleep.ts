import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, refused } from '../../kernel/errors.ts'
import type { Rest, RestProvider } from '../../flow/environment/life/rest.port.ts'
import type { Desired, EnvironmentId } from '../../flow/environment/provider.port.ts'
import type { Environment, Watch } from './environment.ts'
import { stopProvided, wakeProvided } from './provided/provided.ts'
import { isCompleted, wantedOf } from './plan.ts'

/** A request waits so long for its environment to wake, then is told to come back. */
export const heldMsMax = 30_000

/** Ends what runs; it is on record first, so that whoever comes after a kill goes on with it. */
export async function fallAsleep(environment: Environment, untilWoken: boolean, signal: AbortSignal): Promise<void> {
  const { state, home } = environment
  state.asleep ??= home.clock.instant()
  if (untilWoken) state.untilWoken = true
  await environment.save()
  await Promise.all(
    [...environment.instances.values()].map(async (instance) => {
      const { id, service } = instance.state
      await environment.routes.get(service)?.drain(id, instance.options.service.stop.graceMs)
      await instance.end()
    }),
  )
  await stopProvided(environment, signal)
  await environment.save()
}

/** Starts everything again; what did its work and ended before is done. */
export async function wakeUp(environment: Environment, signal: AbortSignal): Promise<void> {
  const { state } = environment
  if (state.asleep === undefined) return
  await environment.openResources()
  await wakeProvided(environment, signal)
  const sleeping = [...environment.instances.values()].filter((instance) => !isCompleted(instance.state) && !instance.supervised)
  for (const instance of sleeping) instance.state.phase = 'starting'
  await environment.startInOrder(sleeping, 'start all the same', signal)
  const outcomes = await Promise.all(sleeping.map((instance) => instance.settled(signal)))
  delete state.asleep
  delete state.untilWoken
  await environment.save()
  environment.direct()
  const failed = sleeping[outcomes.indexOf('failed')]
  if (failed === undefined) return
  const { service, problem } = failed.state
  throw refused('SERVICE_UNHEALTHY', {
    message: `service "${service}" is not healthy after waking up: ${problem ?? 'it gave no reason'}`,
    help: 'read its log with `threeways env logs`',
  })
}

/** What serves has to serve while it is replaced; one that cannot is replaced all the same. */
export async function awakeForChange(environment: Environment, signal: AbortSignal): Promise<void> {
  await wakeUp(environment, signal).catch((error: unknown) => {
    signal.throwIfAborted()
    environment.tell('environment', messageOf(error))
  })
}

export type RestOptions = {
  readonly live: (id: EnvironmentId) => Environment | undefined
  readonly isChanging: (id: EnvironmentId) => boolean
  readonly change: (
    id: EnvironmentId,
    watch: Watch | undefined,
    work: (environment: Environment, signal: AbortSignal) => Promise<void>,
  ) => Promise<unknown>
}

/** Sleep of environments that are processes of this machine. */
export function processRest({ live, isChanging, change }: RestOptions): RestProvider {
  let mayWake: (id: EnvironmentId) => Promise<void> = async () => {}
  return {
    rest(id): Rest | undefined {
      const environment = live(id)
      if (!environment || isChanging(id)) return undefined
      const main = environment.state.deployments[0]
      const settings = main?.rendered.definition.environments[main.rendered.settings]
      const reserved = reservedBy(environment.state.deployments)
      return { asleep: environment.state.asleep, idleMs: idleMsOf(environment), settings, reserved }
    },
    sleep: async (id, untilWoken = false) =>
      void (await change(id, undefined, (environment, signal) => fallAsleep(environment, untilWoken, signal))),
    wake: async (id) => {
      if (live(id)?.state.asleep !== undefined) await mayWake(id)
      await change(id, undefined, wakeUp)
    },
    guardWaking: (check) => void (mayWake = check),
  }
}

function reservedBy(deployments: readonly Desired[]): Rest['reserved'] {
  const all = deployments.flatMap((desired) =>
    wantedOf(desired).flatMap(({ service }) => desired.rendered.definition.services[service]!.limits ?? []),
  )
  const sum = (what: 'memoryBytes' | 'cpus') => all.reduce((total, limits) => total + (limits[what] ?? 0), 0)
  return { memoryBytes: sum('memoryBytes'), cpus: sum('cpus') }
}

/** One without a public address could not be woken by a request, and one that is not well is not idle. */
function idleMsOf({ routes, state }: Environment): number | undefined {
  if (routes.size === 0 || state.instances.some(({ phase }) => phase === 'starting')) return undefined
  const idle = [...routes.values()].map((route) => route.idleMs())
  return idle.includes(undefined) ? undefined : Math.min(...(idle as number[]))
}

/** What a request does that finds its environment asleep: it wakes it, and waits. @returns why it is not answered */
async function awaken(environment: Environment): Promise<string | undefined> {
  if (environment.state.asleep === undefined) return undefined
  if (environment.state.untilWoken) return `${environment.state.environment} is stopped, and no request wakes it`
  const over = new AbortController()
  const late = sleep(heldMsMax, `${environment.state.environment} is waking up`, { signal: over.signal, ref: false }).catch(() => undefined)
  const woken = (environment.wake?.() ?? Promise.resolve()).then(
    () => undefined,
    (error: unknown) => `${environment.state.environment} could not be woken: ${messageOf(error).split('\n', 1)[0]}`,
  )
  return Promise.race([woken, late]).finally(() => over.abort())
}

/** How a public address deals with sleep. */
export const wakingRoute = (environment: Environment) => ({
  isAsleep: () => environment.state.asleep !== undefined,
  awaken: () => awaken(environment),
})
