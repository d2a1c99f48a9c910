import { firstThat } from '../../../kernel/search.ts'
import type { Blamed } from '../attribution/blame.ts'
import { groundsOf } from '../attribution/blame.ts'
import { lowerBound } from '../attribution/attribute.ts'
import type { Placed } from '../attribution/placed.ts'
import type { Failed } from '../attribution/failures.ts'
import { untilOf, wayOf } from '../environments.ts'
import { passagesTo } from '../lead.ts'
import type { Past, PastStream } from '../past.ts'
import type { Window } from '../stream-flow.ts'
import { remembered } from '../remembered.ts'
import { isLikely, type KeyDeployment, type Material } from './keys.ts'

/** The last environment of a stream's way, as it was known then; where `to` is said, that one. @returns undefined when it was not there */
export function endOf({ deployments }: PastStream, past: Past, { asOf }: Window, to: string | undefined): string | undefined {
  const known = untilOf(deployments, asOf)
  if (to !== undefined) return known.some(({ environment }) => environment === to) ? to : undefined
  return wayOf(known, past.order).at(-1)
}

/** Everything that went wrong in an environment, as it was known then, and what that says of deployments. */
export type Weighed = { readonly blamed: readonly Blamed[]; readonly chances: Chances }

/** What the keys of a stream are made of. */
export function materialOf(
  stream: PastStream,
  environment: string,
  window: Window,
  past: Past,
  { blamed, chances: all }: Weighed,
  failed: readonly Failed[],
): Material {
  const { since, until, asOf } = window
  const inside = (at: number) => at >= since && at < until && at <= asOf
  const placed = groundsOf(past).of(stream.stream, environment)
  const own = placed.slice(lowerBound(placed, since), lowerBound(placed, Math.min(until, asOf + 1)))
  const didNotRun = failed.filter((one) => one.stream === stream.stream && one.environment === environment && inside(one.at))
  const chances = all.get(stream.stream) ?? new Map<string, Chance>()
  const reworks = reworksOf(blamed, stream.stream, placed, asOf)
  const deploymentOf = (one: Pick<Placed, 'deployment' | 'at' | 'version' | 'back' | 'batch'>, ran: boolean): KeyDeployment => ({
    deployment: one.deployment,
    at: one.at,
    version: one.version,
    back: one.back,
    batch: one.batch,
    ran,
    failed: chances.get(one.deployment)?.failed ?? 0,
    failures: chances.get(one.deployment)?.failures ?? [],
    rework: one.back ? 'it went back' : reworks.get(one.deployment),
  })
  return {
    stream: stream.stream,
    environment,
    window,
    deployments: [
      ...own.map((one) => deploymentOf(one, true)),
      ...didNotRun.map((one) => deploymentOf({ ...one, back: false, batch: 0 }, false)),
    ],
    passages: passagesIn(stream, environment, window),
    knownSince: stream.deployments[0]?.at ?? since,
    failures: blamed.flatMap((one) => {
      const share = inside(one.failure.began) ? shareOf(one.attribution, stream.stream) : 0
      return share === 0 ? [] : [{ ...one, share }]
    }),
  }
}

function passagesIn({ deployments }: PastStream, environment: string, { since, until, asOf }: Window): Material['passages'] {
  const known = untilOf(deployments, asOf)
  if (!known.some((one) => one.environment !== environment)) return []
  const { passages } = passagesTo(environment, known)
  const first = (moment: number) => firstThat(passages.length, (at) => passages[at]!.arrived >= moment)
  return passages.slice(first(since), first(until))
}

export type Chance = { readonly failed: number; readonly failures: readonly string[] }
/** Of each stream, by deployment. */
export type Chances = ReadonlyMap<string, ReadonlyMap<string, Chance>>

/** How likely each deployment brought a failure: that it brought none of those that it may have brought is taken for independent. */
export function chancesOf(blamed: readonly Blamed[]): Chances {
  const streams = new Map<string, Map<string, { failed: number; failures: string[] }>>()
  for (const { failure, attribution } of blamed) {
    for (const { stream, deployment, probability } of attribution.causes) {
      const chances = streams.get(stream) ?? new Map<string, { failed: number; failures: string[] }>()
      const chance = chances.get(deployment) ?? { failed: 0, failures: [] }
      chance.failed = 1 - (1 - chance.failed) * (1 - probability)
      chance.failures.push(failure.id)
      streams.set(stream, chances.set(deployment, chance))
    }
  }
  return streams
}

/** How likely it came of a deployment of this stream, whichever. */
const shareOf = (attribution: Blamed['attribution'], stream: string) => sharesOf(attribution, '').get(stream) ?? 0
const sharesOf = remembered(({ causes }: Blamed['attribution']): ReadonlyMap<string, number> => {
  const shares = new Map<string, number>()
  for (const { stream, probability } of causes) shares.set(stream, Math.min(1, (shares.get(stream) ?? 0) + probability))
  return shares
})

/** More likely than not it came of a deployment of this stream. */
export const isOf = (attribution: Blamed['attribution'], stream: string) => isLikely(shareOf(attribution, stream))

function reworksOf(blamed: readonly Blamed[], stream: string, placed: readonly Placed[], asOf: number): ReadonlyMap<string, string> {
  const reworks = new Map<string, string>()
  for (const { failure, attribution } of blamed) {
    const { kind, id, detected, resolved } = failure
    if (kind === 'back' || resolved === undefined || !isOf(attribution, stream)) continue
    const after = placed.slice(
      lowerBound(placed, kind === 'failed' ? detected : detected + 1),
      lowerBound(placed, Math.min(resolved, asOf) + 1),
    )
    const one = kind === 'failed' ? after[0] : after.at(-1)
    if (one !== undefined)
      reworks.set(one.deployment, kind === 'failed' ? `after ${failure.version} did not come to run` : `it ended ${id}`)
  }
  return reworks
}
