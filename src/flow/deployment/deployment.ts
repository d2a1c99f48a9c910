import { refused } from '../../kernel/errors.ts'
import { shortDigest, type Digest } from '../../kernel/digest.ts'
import type { Deploy } from '../definition/definition.ts'
import type { Desired, EnvironmentId, EnvironmentProvider, Observed, Share } from '../environment/provider.port.ts'
import type { Shadowing } from '../environment/shadow.port.ts'

/** What has to happen in an environment. */
export type Deployment = {
  readonly provider: EnvironmentProvider
  readonly environment: EnvironmentId
  readonly how: Deploy
  /** Copies of whose requests it gets from then on. */
  readonly shadow?: Shadowing | undefined
  readonly next: Desired
  /** What runs here beside `next` now, and which of it all has the traffic: usually one, none in a new environment. */
  readonly standing: readonly Desired[]
  readonly traffic: Digest | undefined
  readonly shares: readonly Share[]
  /** Verified here last: where a failure goes back to. Usually what stands. */
  readonly previous: Desired | undefined
  /** Told what happens, for the step's log. */
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** Each candidate once. */
export function together(standing: readonly Desired[], ...more: readonly Desired[]): readonly Desired[] {
  return [...new Map([...standing, ...more].map((desired) => [desired.candidate, desired])).values()]
}

/** What gives way to `next`: whatever else has a share; undefined when nothing has. */
export function replacedBy({ standing, next, shares }: Deployment): Desired | undefined {
  const percentOf = (desired: Desired) =>
    shares.reduce((sum, { candidate, percent }) => sum + (candidate === desired.candidate ? percent : 0), 0)
  const [old] = standing
    .filter((one) => one.candidate !== next.candidate && percentOf(one) > 0)
    .toSorted((a, b) => percentOf(b) - percentOf(a))
  return old
}

/** Says what should run and who gets how much, and makes it so. Safe to repeat. */
export async function converge(
  { provider, environment, how, shadow, say, signal }: Deployment,
  deployments: readonly Desired[],
  shares: readonly Share[],
): Promise<Observed> {
  const plan = await provider.plan({ environment, deployments, shares, sticky: how.sticky ?? false, ...(shadow ? { shadow } : {}) })
  return provider.apply(plan, ({ subject, message }) => say(`${subject}: ${message}`), signal)
}

/** Reads back what runs. A deployment that reports success while old bits run is the one lie that must not happen. */
export async function confirmRunning({ provider, environment, say }: Deployment, expected: Desired): Promise<Observed> {
  const observed = await provider.observe(environment)
  const wrong = observed.services.filter(({ candidate, running }) => candidate === expected.candidate && running !== expected.candidate)
  const others = observed.shares.filter(
    ({ candidate, role, percent }) => percent > 0 && (candidate !== expected.candidate || role !== 'main'),
  )
  if (observed.traffic !== expected.candidate || wrong.length > 0 || others.length > 0) {
    const found = wrong.map(
      ({ service, running }) => `${service} runs ${running === undefined ? 'something unknown' : shortDigest(running)}`,
    )
    const elsewhere = others.map(({ candidate, percent }) => `${percent} % of the traffic goes to ${shortDigest(candidate)}`)
    const serves = observed.traffic === undefined ? ['traffic goes to nothing'] : elsewhere
    throw refused('RUNNING_DIGEST_DIFFERS', {
      message: `${environment} should run ${shortDigest(expected.candidate)}, but ${[...found, ...serves].join(', ')}`,
      help: 'something else changed the environment or its files; see `threeways env ls` and deliver again',
    })
  }
  const services = observed.services.filter(({ candidate }) => candidate === expected.candidate).length
  say(`read back: ${services} service(s) run ${shortDigest(expected.candidate)}`)
  return observed
}
