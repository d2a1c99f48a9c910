/**
 * From our number to theirs, one rule after the other: each step works the number out from the rows as that rule has it. The last one
 * has to be what their panel prints, else a difference is not explained.
 */
import { survival, survivalQuantile } from '../../src/kernel/statistics/survival.ts'
import { quantile } from '../../src/kernel/statistics/quantiles.ts'
import type { KeysView } from '../../src/flow/measures/keys/schemas.ts'
import type { StreamFlowDetail } from '../../src/flow/measures/schemas.ts'
import { cycleMinutes, type DeployedRow, type IncidentRow, type RequestRow } from './rows.ts'
import type { Rule } from './rules.ts'

/** `value` undefined: nothing can be said. */
export type Step = {
  readonly rule: Rule | undefined
  readonly value: number | undefined
  readonly text: string
  /** Where it is another than that of the key. */
  readonly unit?: string
}
export type Bridge = readonly Step[]
export type Span = { readonly since: number; readonly until: number }

const dayMs = 86_400_000
const hourMs = 3_600_000
const dayOf = (ms: number) => Math.floor(ms / dayMs)
/** Weeks begin on Monday; 1970-01-01 was a Thursday. */
const weekOf = (day: number) => Math.floor((day + 3) / 7)
const monthOf = (day: number) => new Date(day * dayMs).getUTCFullYear() * 12 + new Date(day * dayMs).getUTCMonth()
const inside = ({ since, until }: Span, at: number) => at >= since && at <= until

/** @param deployments - to production, of the project */
export function frequencyBridge({ frequency }: KeysView, deployments: readonly DeployedRow[], span: Span): Bridge {
  const days = new Set(deployments.filter(({ at }) => inside(span, at)).map(({ at }) => dayOf(at)))
  const calendar = Array.from({ length: dayOf(span.until) - dayOf(span.since) }, (_, day) => dayOf(span.since) + day)
  const weeks = countsBy(calendar, days, weekOf)
  const months = countsBy(calendar, days, monthOf)
  const ours = `${frequency?.deployments ?? 0} deployments on ${frequency?.activeDays ?? 0} days`
  const steps: Bridge = [
    { rule: undefined, value: frequency?.perWeek ?? undefined, text: ours },
    { rule: 'days', value: (days.size / calendar.length) * 7, text: `${days.size} days with a deployment` },
    { rule: 'medianWeek', value: quantile(weeks, 0.5), text: `of ${weeks.length} calendar weeks` },
  ]
  const isRare = (steps[2]!.value ?? 0) < 1
  const monthly: Step = { rule: 'medianMonth', value: quantile(months, 0.5), text: `of ${months.length} calendar months`, unit: 'a month' }
  return isRare ? [...steps, monthly] : steps
}

/** Days with a deployment in each period of the calendar, fewest first. */
function countsBy(calendar: readonly number[], days: ReadonlySet<number>, periodOf: (day: number) => number): readonly number[] {
  const counts = new Map<number, number>()
  for (const day of calendar) counts.set(periodOf(day), (counts.get(periodOf(day)) ?? 0) + (days.has(day) ? 1 : 0))
  return [...counts.values()].toSorted((a, b) => a - b)
}

type Change = NonNullable<NonNullable<StreamFlowDetail['changes']>['rows']>[number] & { readonly asOf: string }

/**
 * @param first - ours, in milliseconds, and what it is of
 * @param changes - ours of the services whose commits are known
 * @param isFirstOfCommits - ours is of these already
 */
export function leadBridge(
  first: { readonly ms: number | null | undefined; readonly text: string },
  changes: readonly Change[],
  requests: readonly RequestRow[],
  span: Span,
  isFirstOfCommits: boolean,
): Bridge {
  const merges = new Set(requests.map(({ commit }) => commit))
  const merged = requests.filter((one) => inside(span, one.merged))
  const cycles = merged.map(cycleMinutes).toSorted((a, b) => a - b)
  const asked = changes.filter(({ commit }) => merges.has(commit))
  const shipped = merged.filter(({ deployed }) => deployed !== undefined)
  const exact = (ones: readonly RequestRow[]) =>
    lowerMiddle(ones.map(({ created, merged: at, deployed }) => Math.max(at, deployed?.at ?? at) - created).toSorted((a, b) => a - b))
  const steps: Step[] = [{ rule: undefined, value: hours(first.ms ?? undefined), text: first.text }]
  if (!isFirstOfCommits)
    steps.push({ rule: 'commits', value: hours(waited(changes)), text: `${changes.length} changes of services whose commits are known` })
  return [
    ...steps,
    { rule: 'requests', value: hours(waited(asked)), text: `${asked.length} of ${changes.length} changes were merged` },
    { rule: 'record', value: hours(exact(shipped)), text: `${shipped.length} requests` },
    { rule: 'unshipped', value: hours(exact(merged)), text: `${merged.length - shipped.length} more, from begun to merged` },
    { rule: 'minutes', value: minutes(lowerMiddle(cycles)), text: `${cycles.length} requests` },
  ]
}

/** Median of ours, with what is on its way. */
function waited(changes: readonly Change[]): number | undefined {
  if (changes.length === 0) return undefined
  const ends = changes.map(({ reached }) => Object.values(reached).at(-1) ?? null)
  const curve = survival(
    Float64Array.from(changes, ({ begun, asOf }, at) => Math.max(0, Date.parse(ends[at] ?? asOf) - Date.parse(begun))),
    Uint8Array.from(ends, (end) => (end === null ? 0 : 1)),
  )
  return survivalQuantile(curve, 0.5).value
}

/** What their rule links in the window. */
function linkedIn(incidents: readonly IncidentRow[], span: Span) {
  return incidents.flatMap((one) => (one.linked !== undefined && inside(span, one.linked.at) ? [{ ...one, linked: one.linked }] : []))
}

/** Of the incidents that are linked at all: how many to a deployment that was undone. */
export function rightLinks(incidents: readonly IncidentRow[], span: Span): { readonly right: number; readonly of: number } {
  const linked = linkedIn(incidents, span)
  return { right: linked.filter(({ undone, linked: to }) => undone.has(to.id)).length, of: linked.length }
}

/** In per cent. @param incidents - of the project */
export function failRateBridge(
  { failRate }: KeysView,
  deployments: readonly DeployedRow[],
  incidents: readonly IncidentRow[],
  span: Span,
): Bridge {
  const own = deployments.filter(({ at }) => inside(span, at))
  const linked = new Set(linkedIn(incidents, span).map((one) => one.linked.id))
  const share = (count: number) => (own.length === 0 ? undefined : (100 * count) / own.length)
  const ours = failRate === null ? undefined : 100 * failRate.share
  const limits =
    failRate === null
      ? 'nothing is known'
      : `${failRate.expected.toFixed(1)} of ${failRate.of}, 95 %: ${percent(failRate.low)}–${percent(failRate.high)}`
  return [
    { rule: undefined, value: ours, text: limits },
    { rule: 'whole', value: share(linked.size), text: `${linked.size} deployments of the window have one` },
  ]
}

/** In hours. @param incidents - of the project */
export function recoveryBridge({ recovery }: KeysView, incidents: readonly IncidentRow[], span: Span): Bridge {
  const linked = linkedIn(incidents, span).filter(({ resolved }) => inside(span, resolved))
  const since = linked.map(({ resolved, linked: to }) => resolved - to.at).toSorted((a, b) => a - b)
  return [
    {
      rule: undefined,
      value: hours(recovery?.p50.value ?? undefined),
      text: recovery === null ? 'nothing is known' : `${recovery.ended} of ${recovery.count} over`,
    },
    {
      rule: 'since',
      value: hours(lowerMiddle(since)),
      text: `${since.length} incidents, ${linked.filter((one) => one.isOfMany).length} of them of many services at once`,
    },
  ]
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`
const hours = (ms: number | undefined) => (ms === undefined ? undefined : ms / hourMs)
const minutes = (count: number | undefined) => (count === undefined ? undefined : count / 60)
const lowerMiddle = (sorted: readonly number[]): number | undefined => sorted[Math.floor((sorted.length - 1) / 2)]

/** Whether the last step is what the panel prints, which has one decimal. */
export function isExplained(bridge: Bridge, printed: string): boolean {
  const theirs = Number.parseFloat(printed)
  const { value } = bridge.at(-1)!
  return Number.isNaN(theirs) ? value === undefined || value === 0 : value !== undefined && Math.abs(value - theirs) <= 0.0501
}
