import { lowerBound } from '../attribution/attribute.ts'
import type { Blamed } from '../attribution/blame.ts'
import type { Placed } from '../attribution/placed.ts'

/** The moments at which a failure goes from one hand to the next, in order. */
export const moments = ['deployed', 'began', 'detected', 'mended', 'recovered', 'resolved'] as const
export type Moment = (typeof moments)[number]

/**
 * How one failure was mended. Milliseconds; what is undefined nobody told, and it is never taken for the moment before or after.
 *
 * `deployed`: the deployment that it more likely than not came of. `began`: as far as anybody knows. `detected`: somebody saw it.
 * `mended`: the version that ended it was first seen anywhere. `recovered`: that ran. `resolved`: somebody said that it is over.
 */
export type Mend = Blamed & {
  readonly at: Readonly<Partial<Record<Moment, number>>>
  /** Undefined: it is not. */
  readonly over: number | undefined
  readonly way: Way
  /** The deployment that ended it. */
  readonly by: Placed | undefined
  /** While it is not over: what may have ended it, or be about to. */
  readonly since: 'nothing' | 'seen' | 'deployed'
  /** Why a moment is not known, in words. */
  readonly unknown: readonly string[]
}

/** By an earlier version, by a later one, without a deployment that is known, or not yet. */
export type Way = 'back' | 'forward' | 'other' | 'open'

/** What a stream deployed: to the environment of the failure, by time, and when each of its versions was first seen in any. */
export type Deployments = { readonly placed: readonly Placed[]; readonly firstSeen: ReadonlyMap<string, number>; readonly asOf: number }

/** @param one - a failure that came of a deployment of this stream */
export function mendOf(one: Blamed, from: Deployments): Mend {
  const { failure } = one
  switch (failure.kind) {
    case 'incident':
      return incident(one, from)
    case 'back':
      return wentBack(one, from)
    case 'failed':
      return didNotRun(one, from)
  }
}

const unsure = 'no deployment is more likely than not the one that it came of'

/** The deployment that it came of, where one is more likely than not. */
function causeOf({ attribution: { causes }, failure }: Blamed): number | undefined {
  const first = causes[0]
  return first !== undefined && first.probability >= 0.5 && first.at <= failure.detected ? first.at : undefined
}

function incident(one: Blamed, from: Deployments): Mend {
  const { detected, resolved, began } = one.failure
  const deployed = causeOf(one)
  const after = from.placed.slice(lowerBound(from.placed, detected + 1), lowerBound(from.placed, (resolved ?? from.asOf) + 1))
  // As the rework rate has it: what came last before it was over ended it.
  const by = resolved === undefined ? undefined : after.at(-1)
  const unknown = [
    ...(deployed === undefined ? [unsure] : []),
    ...(resolved !== undefined && by === undefined ? ['no deployment came before it was over: it was mended in another way'] : []),
    ...(resolved === undefined && after.length > 0 ? ['something was deployed since it was seen, and nobody said that it is over'] : []),
  ]
  return {
    ...one,
    at: known({ deployed, began: began < detected ? began : undefined, detected, ...recoveredBy(by, from, detected), resolved }),
    over: resolved,
    way: resolved === undefined ? 'open' : wayOf(by),
    by,
    since: resolved === undefined ? sinceOf(detected, from) : 'nothing',
    unknown,
  }
}

/** Whoever went back had seen that something is wrong, and does not say when, nor whether all was well after that. */
function wentBack(one: Blamed, { placed }: Deployments): Mend {
  const { began, resolved, detected } = one.failure
  const deployed = causeOf(one)
  const over = resolved ?? detected
  const by = placed.findLast(({ at, back }) => back && at <= over)
  const unknown = [
    'going back does not say when somebody saw it, nor when all was seen to be well',
    ...(deployed === undefined ? [unsure] : []),
  ]
  return { ...one, at: known({ deployed, began, recovered: over }), over, way: 'back', by, since: 'nothing', unknown }
}

/** It never ran, so nobody had to see it: the deployment itself said so. */
function didNotRun(one: Blamed, from: Deployments): Mend {
  const { detected, resolved } = one.failure
  const by = resolved === undefined ? undefined : from.placed[lowerBound(from.placed, detected)]
  const unknown = ['it never came to run, so there was nothing to see', ...(resolved === undefined ? [] : ['nobody told that all is well'])]
  return {
    ...one,
    at: known({ detected, ...recoveredBy(by, from, detected) }),
    over: resolved,
    way: resolved === undefined ? 'open' : wayOf(by),
    by,
    since: resolved === undefined ? sinceOf(detected, from) : 'nothing',
    unknown,
  }
}

function sinceOf(detected: number, { placed, firstSeen, asOf }: Deployments): Mend['since'] {
  if (placed.some(({ at }) => at > detected && at <= asOf)) return 'deployed'
  return [...firstSeen.values()].some((at) => at > detected) ? 'seen' : 'nothing'
}

const wayOf = (by: Placed | undefined): Way => (by === undefined ? 'other' : by.back ? 'back' : 'forward')

/** What ended it was made for it where it was first seen after the failure was, and before it ran. */
function recoveredBy(by: Placed | undefined, { firstSeen }: Deployments, detected: number): Mend['at'] {
  if (by === undefined) return {}
  const seen = firstSeen.get(by.version)
  return seen !== undefined && seen > detected && seen < by.at ? { mended: seen, recovered: by.at } : { recovered: by.at }
}

function known(at: Readonly<Partial<Record<Moment, number | undefined>>>): Mend['at'] {
  return Object.fromEntries(moments.flatMap((moment) => (at[moment] === undefined ? [] : [[moment, at[moment]]])))
}
