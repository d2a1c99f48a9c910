import { within, type Span } from '../../kernel/spans.ts'
import { quantile } from '../../kernel/statistics/quantiles.ts'
import type { BuildStage } from '../builds/stage.ts'
import type { ChangeOnWay } from './changes.ts'

/** One part of the way of one change. Times in milliseconds. */
export type Part = {
  readonly from: string
  readonly to: string
  readonly ms: number
  /** Of it, what is known to be work, and what is known to be waiting. What is left nobody knows. */
  readonly working: number
  readonly waiting: number
}

/** The same of all changes that arrived. */
export type Stage = Part & {
  readonly changes: number
  /** Of the time of all stages. */
  readonly share: number | undefined
  readonly p50: number
  readonly p95: number
}

/** What of the way is told of any of them: nobody asks for what nobody tells. */
export type Told = { readonly opened: boolean; readonly reviewed: boolean }

export const toldOf = (rows: readonly ChangeOnWay[]): Told => ({
  opened: rows.some(({ change }) => change.request?.opened !== undefined),
  reviewed: rows.some(({ change }) => change.request?.reviewed !== undefined),
})

type Moment = { readonly name: string; readonly at: number }

/**
 * The moments of a change's way: begun, its request opened and first reviewed, merged, its build begun and over where one is known,
 * each environment. None lies before the one in front of it or after the last: where a change went another way (a hot-fix that is
 * merged afterwards, one without a request) the step took no time.
 * @returns undefined: it has not arrived
 */
export function momentsOf({ change, arrivals, build }: ChangeOnWay, order: readonly string[], told: Told): readonly Moment[] | undefined {
  const last = arrivals.at(-1)
  if (last === undefined) return undefined
  const { begun, merged, request } = change
  const end = Math.max(last, begun)
  const before = (moment: number | undefined) => (moment === undefined ? undefined : Math.min(moment, merged))
  const all: readonly (readonly [string, number | undefined] | false)[] = [
    told.opened && ['opened', before(request?.opened)],
    told.reviewed && ['reviewed', before(request?.reviewed)],
    ['merged', merged],
    build !== undefined && ['build', build.begun],
    build !== undefined && ['built', build.built],
    ...order.map((name, at) => [name, arrivals[at]] as const),
  ]
  const moments: Moment[] = [{ name: 'begun', at: begun }]
  for (const one of all) {
    if (one === false) continue
    const [name, at = 0] = one
    moments.push({ name, at: Math.min(end, Math.max(moments.at(-1)!.at, at)) })
  }
  return moments
}

/** Parts of a change's way, which sum exactly to the time it took, each split into what is known of it. Undefined: it has not arrived. */
export function partsOf(row: ChangeOnWay, order: readonly string[], told: Told): readonly Part[] | undefined {
  const moments = momentsOf(row, order, told)
  const before = moments === undefined ? 0 : moments.length - order.length
  return moments?.slice(1).map(({ name, at }, index) => {
    const { name: from, at: since } = moments[index]!
    const ms = at - since
    return { from, to: name, ms, ...knownOf(row, { since, until: at }, from, name, index + 1 - before) }
  })
}

/** @param environment - index of the environment that the part ends in; negative: it ends before the first */
function knownOf({ change, build, steps }: ChangeOnWay, span: Span, from: string, to: string, environment: number) {
  const ms = span.until - span.since
  const unknown = { working: 0, waiting: 0 }
  if (environment >= 0) return ofDeployment(span, environment === 0 ? build : undefined, steps[environment])
  if (from === 'opened' && to === 'reviewed') return isReviewed(change) ? { working: 0, waiting: ms } : unknown
  if (from === 'reviewed') return isReviewed(change) ? { working: ms, waiting: 0 } : unknown
  if (to === 'build') return { working: 0, waiting: ms }
  if (to !== 'built') return unknown
  const working = within(span, build!.working)
  return { working, waiting: ms - working }
}

const isReviewed = ({ request }: ChangeOnWay['change']) => request?.opened !== undefined && request.reviewed !== undefined

/** Of our own deliveries every step is known, and what lies between is waiting. Of others' what is built waits to be deployed. */
function ofDeployment(span: Span, build: BuildStage | undefined, steps: readonly Span[] | undefined) {
  const ms = span.until - span.since
  if (steps === undefined) return { working: 0, waiting: build === undefined ? 0 : ms }
  const working = within(span, steps)
  return { working, waiting: ms - working }
}

/** All changes that arrived, part by part. Those of which no build is known go from their merge to the first environment. */
export function stagesOf(rows: readonly ChangeOnWay[], order: readonly string[], told: Told): readonly Stage[] {
  const parts = rows.flatMap((row) => partsOf(row, order, told) ?? [])
  const total = parts.reduce((sum, { ms }) => sum + ms, 0)
  const stages = Map.groupBy(parts, ({ from, to }) => JSON.stringify([from, to]))
  const names = ['begun', 'opened', 'reviewed', 'merged', 'build', 'built', ...order]
  return (
    [...stages.values()]
      .map((all): Stage => {
        const { from, to } = all[0]!
        const times = all.map(({ ms }) => ms).toSorted((a, b) => a - b)
        const sum = (of: (part: Part) => number) => all.reduce((so, part) => so + of(part), 0)
        const ms = sum((part) => part.ms)
        const [p50, p95] = [quantile(times, 0.5)!, quantile(times, 0.95)!]
        const known = { working: sum(({ working }) => working), waiting: sum(({ waiting }) => waiting) }
        return { from, to, changes: all.length, ms, ...known, share: total === 0 ? undefined : ms / total, p50, p95 }
      })
      // A way past the build stands before it.
      .toSorted((a, b) => names.indexOf(a.from) - names.indexOf(b.from) || names.indexOf(b.to) - names.indexOf(a.to))
  )
}
