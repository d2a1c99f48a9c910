import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { shortDigest } from '../../kernel/digest.ts'
import { refused } from '../../kernel/errors.ts'
import type { Desired, Target } from '../../flow/environment/provider.port.ts'
import type { Environment } from './environment.ts'
import type { Instance } from './instance/instance.ts'
import { providerOf, runsAs } from './isolation/isolation.ts'
import { checkTarget, decide, isCompleted, isPart, namesOf, wantedOf, type Decision } from './plan.ts'
import { takePort } from './ports.ts'
import { bringUpProvided, dropUnwanted } from './provided/provided.ts'
import { wantedProvided } from './provided/wanted.ts'
import { readSeed } from './database/postgres-resource.ts'
import { outdated } from './instance/secrets.ts'
import { isOf, keyOf, type InstanceState, type ResourceState } from './state.ts'

/**
 * Brings an environment to its target. Every step is on disk before it is taken, so that whoever comes after a kill -9
 * finds what there is; the same target again goes on from there.
 *
 * What can fail without touching what serves comes first. A deployment that gives way to another is stopped before the other
 * starts only when the target asks for the other alone (`replace`).
 */
export async function converge(environment: Environment, target: Target, signal: AbortSignal): Promise<void> {
  checkTarget(target)
  const { state, home } = environment
  for (const desired of target.deployments) {
    await requireArtifact(desired)
    const runner = home.runners[providerOf(desired.rendered, home.usual)]
    await runner.prepare(desired, (...told) => environment.tell(...told), signal)
  }
  const older = await outdated(home.secrets, state)
  const decision = decide(target, state, (instance) => unfitness(instance) ?? older.get(instance.id))
  const provided = wantedProvided(target, state)
  // What is on its way out is still described: whoever resumes has to end it properly.
  const leaving = state.deployments.filter((one) => !target.deployments.some((desired) => isOf(keyOf(desired), one)))
  state.deployments = [...target.deployments, ...leaving]
  await createResources(environment, target)
  await bringUpProvided(environment, provided, signal)
  await environment.openRoutes()
  if (canServe(environment, target)) await moveTraffic(environment, target)
  await stopUnwanted(environment, decision, target)
  signal.throwIfAborted()
  const created = await create(environment, decision)
  await start(environment, created, decision, signal)
  await moveTraffic(environment, target)
  state.deployments = target.deployments
  if (target.shadow === undefined) delete state.shadow
  else state.shadow = target.shadow
  await environment.openRoutes()
  environment.direct()
  await dropUnwanted(environment, target, signal)
}

/** Why an instance that is supervised here has to be replaced. */
export function unfitness(instance: InstanceState): string | undefined {
  if (instance.phase === 'ready' || instance.phase === 'starting' || isCompleted(instance)) return undefined
  return instance.problem ?? `it is ${instance.phase}`
}

async function requireArtifact(desired: Desired): Promise<void> {
  const found = await stat(desired.artifact).catch(() => undefined)
  if (found?.isDirectory()) return
  throw refused('ARTIFACT_MISSING', {
    message: `the artifact of candidate ${shortDigest(desired.candidate)} is not at "${desired.artifact}"`,
    help: 'build the candidate again',
  })
}

async function createResources(environment: Environment, target: Target): Promise<void> {
  for (const desired of target.deployments) {
    for (const name of Object.keys(desired.rendered.definition.resources)) await createResource(environment, desired, name)
  }
  await environment.openResources()
}

/** @returns what is known of it, and whether it was made just now */
export async function createResource(
  environment: Environment,
  desired: Desired,
  name: string,
): Promise<{ resource: ResourceState; isNew: boolean }> {
  const { state, home } = environment
  const { seed } = desired.rendered.definition.resources[name]!
  const resource = (state.resources[name] ??= home.postgres.describe(state.environment, name))
  if (resource.ready) return { resource, isNew: false }
  const content = seed === undefined ? undefined : await readSeed(desired.source ?? desired.artifact, seed)
  environment.tell(`resource ${name}`, content ? `making a database from ${content.file}` : 'making an empty database')
  // Name and password are on disk before they exist.
  await environment.save()
  const isNew = await home.postgres.create(resource, `${state.environment} ${name}`, content)
  resource.ready = true
  await environment.save()
  return { resource, isNew }
}

/** Every service of whatever is to have a share is ready, so that traffic can move at once. */
function canServe({ state }: Environment, { deployments, shares }: Target): boolean {
  const serving = deployments.filter((desired) => shares.some((share) => share.percent > 0 && isOf(share, desired)))
  return (
    serving.length > 0 &&
    serving.every((desired) =>
      wantedOf(desired).every(({ service, replica }) => {
        const instance = state.instances.find((one) => isPart(one, desired, service, replica))
        return instance !== undefined && (instance.phase === 'ready' || isCompleted(instance))
      }),
    )
  )
}

async function moveTraffic(environment: Environment, { shares, sticky = false }: Pick<Target, 'shares' | 'sticky'>): Promise<void> {
  const { state } = environment
  if (state.sticky !== sticky || !isDeepStrictEqual(state.shares, shares)) {
    const [before, after] = [namesOf(state.shares), namesOf(shares)]
    Object.assign(state, { shares, sticky })
    await environment.save()
    if (before !== after) environment.tell('traffic', after === 'nothing' ? 'goes nowhere' : `goes to ${after}`)
  }
  environment.direct()
}

async function stopUnwanted(environment: Environment, decision: Decision, target: Target): Promise<void> {
  const { state } = environment
  // With its deployment gone, or about to be started again, nothing serves: better told than refused connections.
  const left = state.shares.filter((share) => target.deployments.some((desired) => isOf(share, desired)))
  if (left.length < state.shares.length) await moveTraffic(environment, { shares: left, sticky: state.sticky })
  if (decision.stop.length === 0) return
  const instances = decision.stop.map((instance) => environment.attach(instance))
  for (const { state } of instances) state.phase = 'stopping'
  await environment.save()
  // What is being stopped gets nothing new, if there is another.
  environment.direct()
  await environment.discard(instances)
  environment.direct()
}

async function create(environment: Environment, decision: Decision): Promise<readonly Instance[]> {
  const { state } = environment
  const created: InstanceState[] = []
  for (const { desired, service, replica } of decision.create) created.push(await newInstance(environment, desired, service, replica))
  state.instances = [...state.instances, ...created]
  if (created.length > 0) await environment.save()
  return created.map((instance) => environment.attach(instance))
}

/** Not started yet, and not on record. */
export async function newInstance({ home }: Environment, desired: Desired, service: string, replica: number): Promise<InstanceState> {
  const { port } = desired.rendered.definition.services[service]!
  const as = runsAs(desired.rendered, home)
  // In a network of its own it has the port it names, whoever else has it too.
  const isOwn = as.isolation?.network === 'own'
  return {
    id: randomUUID(),
    service,
    ...keyOf(desired),
    replica,
    artifact: desired.artifact,
    settings: desired.rendered.digest,
    ...as,
    port: port === undefined ? null : isOwn ? port : await takePort(home.host),
    phase: 'starting',
    proven: false,
    process: null,
    variables: null,
    launches: 0,
    restarts: 0,
    since: home.clock.instant(),
    problem: null,
  }
}

/** Returns when every service that must be ready is; ends early at the first that will not be. */
async function start(environment: Environment, created: readonly Instance[], decision: Decision, signal: AbortSignal): Promise<void> {
  const failing = new AbortController()
  const both = AbortSignal.any([signal, failing.signal])
  const waited = [...environment.instances.values()].filter((instance) => decision.required.some((key) => isOf(key, instance.state)))
  for (const { state } of created) environment.tell(`service ${state.service}`, 'starting')
  // Also those that an earlier apply had on record but gave up before it started them.
  const begun = waited.filter(({ supervised, state }) => !supervised && state.phase === 'starting')
  const starting = environment.startInOrder(begun, 'give up', both)
  const settling = waited.map(async (instance) => {
    if ((await instance.settled(both)) === 'failed') throw unhealthy(instance)
  })
  try {
    await Promise.all([...settling, starting])
  } catch (error) {
    failing.abort()
    await Promise.allSettled([...settling, starting])
    throw waited.map((instance) => (hasFailed(instance.state) ? unhealthy(instance) : undefined)).find(Boolean) ?? error
  }
}

function hasFailed({ phase, problem }: InstanceState): boolean {
  return phase === 'unhealthy' || phase === 'restarting' || (phase === 'stopped' && problem !== null)
}

function unhealthy(instance: Instance) {
  const { service, candidate, problem } = instance.state
  return refused('SERVICE_UNHEALTHY', {
    message: `service "${service}" of candidate ${shortDigest(candidate)} is not healthy: ${problem ?? 'it gave no reason'}`,
    help: 'read its log with `threeways env logs`; correct the change, or its health check in the definition',
  })
}
