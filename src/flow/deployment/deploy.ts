import { refused } from '../../kernel/errors.ts'
import { shortDigest, type Digest } from '../../kernel/digest.ts'
import {
  allTo,
  type Desired,
  type EnvironmentId,
  type EnvironmentProvider,
  type Observed,
  type Strategy,
} from '../environment/provider.port.ts'

export type Deployment = {
  readonly provider: EnvironmentProvider
  readonly environment: EnvironmentId
  readonly strategy: Strategy
  readonly next: Desired
  /** What runs here beside `next` now, and which of it all has the traffic: usually one, none in a new environment. */
  readonly standing: readonly Desired[]
  readonly traffic: Digest | undefined
  /** Verified here last: where a failure goes back to. Usually what stands. */
  readonly previous: Desired | undefined
  /** Told what happens, for the step's log. */
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * Brings `next` into the environment. Every part converges, so after a crash it is simply done again.
 * @throws ThreewaysError `SERVICE_UNHEALTHY`, `RUNNING_DIGEST_DIFFERS`; the caller then goes `back`
 */
export async function deploy(deployment: Deployment): Promise<Observed> {
  if (deployment.strategy === 'blue-green') {
    await startBesideOld(deployment)
    await switchTraffic(deployment)
  } else {
    await replaceOld(deployment)
  }
  return confirmRunning(deployment, deployment.next)
}

/** Ends what served before; until then it stays warm, and going back takes no start. */
export async function retireOld(deployment: Deployment): Promise<Observed> {
  await converge(deployment, [deployment.next], deployment.next.candidate)
  return confirmRunning(deployment, deployment.next)
}

/** The previous candidate serves again, and nothing of `next` is left. Without one, the environment is empty. */
export async function back(deployment: Deployment): Promise<Observed> {
  const { previous, standing, next, traffic } = deployment
  if (previous === undefined) {
    deployment.say('nothing was verified here before: the environment is emptied')
    return converge(deployment, [], undefined)
  }
  deployment.say(`going back to ${shortDigest(previous.candidate)}`)
  if (traffic === next.candidate && standing.length > 0) {
    // First only the traffic: what is broken must not serve while the rest is tidied up.
    await converge(deployment, together(standing, next, previous), previous.candidate)
  }
  await converge(deployment, [previous], previous.candidate)
  return confirmRunning(deployment, previous)
}

async function startBesideOld(deployment: Deployment): Promise<void> {
  const { standing, next, traffic } = deployment
  await converge(deployment, together(standing, next), traffic)
}

async function switchTraffic(deployment: Deployment): Promise<void> {
  const { standing, next } = deployment
  await converge(deployment, together(standing, next), next.candidate)
}

/** Each candidate once. */
function together(standing: readonly Desired[], ...more: readonly Desired[]): readonly Desired[] {
  return [...new Map([...standing, ...more].map((desired) => [desired.candidate, desired])).values()]
}

async function replaceOld(deployment: Deployment): Promise<void> {
  await converge(deployment, [deployment.next], deployment.next.candidate)
}

async function converge(
  { provider, environment, say, signal }: Deployment,
  deployments: readonly Desired[],
  traffic: Digest | undefined,
): Promise<Observed> {
  const plan = await provider.plan({ environment, deployments, shares: allTo(traffic === undefined ? undefined : { candidate: traffic }) })
  return provider.apply(plan, ({ subject, message }) => say(`${subject}: ${message}`), signal)
}

/** Reads back what runs. A deployment that reports success while old bits run is the one lie that must not happen. */
async function confirmRunning({ provider, environment, say }: Deployment, expected: Desired): Promise<Observed> {
  const observed = await provider.observe(environment)
  const wrong = observed.services.filter(({ candidate, running }) => candidate === expected.candidate && running !== expected.candidate)
  if (observed.traffic !== expected.candidate || wrong.length > 0) {
    const found = wrong.map(
      ({ service, running }) => `${service} runs ${running === undefined ? 'something unknown' : shortDigest(running)}`,
    )
    const serves = `traffic goes to ${observed.traffic === undefined ? 'nothing' : shortDigest(observed.traffic)}`
    throw refused('RUNNING_DIGEST_DIFFERS', {
      message: `${environment} should run ${shortDigest(expected.candidate)}, but ${[...found, serves].join(', ')}`,
      help: 'something else changed the environment or its files; see `threeways env ls` and deliver again',
    })
  }
  say(`read back: ${observed.services.length} service(s) run ${shortDigest(expected.candidate)}`)
  return observed
}
