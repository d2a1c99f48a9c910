import { formatDuration } from '../../kernel/duration.ts'
import type { Window } from '../measures/stream-flow.ts'
import type { Way } from './changes.ts'
import { nameOf, type Verdict } from './constraint.ts'
import type { Leg, Stays } from './legs.ts'

const dayMs = 86_400_000
const percent = (share: number) => (share > 0 && share < 0.01 ? 'less than 1 %' : `${Math.round(share * 100)} %`)
const hours = (ms: number) => `${Math.round(ms / 3_600_000).toLocaleString('en')} h`
type What = 'versions' | 'changes'
const several = (count: number, what: What) => `${count} ${count === 1 ? what.slice(0, -1) : what}`

/** What is the constraint and why, in sentences, and of each other part of the way why it is not. */
export function sentencesOf(
  legs: readonly Leg[],
  before: readonly Leg[] | undefined,
  verdict: Verdict,
  window: Window,
  what: What,
): readonly string[] {
  const whole = legs.reduce((sum, { spent }) => sum + spent, 0)
  const { leg } = verdict
  if (leg === undefined) return [`Cannot say: ${verdict.doubt}.`, ...legs.map((one) => holds(one, whole, what))]
  const most = legs[leg]!
  return [
    `The constraint is ${verdict.cause === 'gate' ? `the closed gate between ${most.from} and ${most.to}` : nameOf(most)}.`,
    `${holds(most, whole, what)} The same is so in ${percent(verdict.agreement)} of the resampled windows.`,
    ...gateTold(most, window, what),
    queueTold(most, window, what),
    ...trendTold(
      most,
      before?.find(({ from, to }) => from === most.from && to === most.to),
      what,
    ),
    ...legs.filter((_, at) => at !== leg).map((one) => notTold(one, whole, what)),
    ...(what === 'changes' ? [] : [`What happens before ${legs[0]!.from} is not looked at.`]),
  ]
}

/** What is not merged counts, as far as anybody told of it. */
export function waitingTold(waiting: Way['waiting']): readonly string[] {
  if (waiting === undefined) return []
  const { requests, branches, untouched } = waiting
  const of = [counted(requests, 'open request'), counted(branches, 'branch', 'branches')].filter((one) => one !== '')
  const left = untouched === 1 ? 'One branch' : `${untouched} branches`
  return [
    of.length === 0
      ? 'Nothing is known that was begun and is not merged.'
      : `What was begun and is not merged is counted: ${of.join(' and ')}.`,
    ...(untouched === 0 ? [] : [`${left} that nobody wrote to in the window ${untouched === 1 ? 'is' : 'are'} left out.`]),
  ]
}

const counted = (count: number, one: string, more = `${one}s`) => (count === 0 ? '' : `${count} ${count === 1 ? one : more}`)

const holds = (leg: Leg, whole: number, what: What) =>
  `${nameOf(leg)} holds ${whole === 0 ? 'none' : percent(leg.spent / whole)} of all the time that ${what} spent on the way (${hours(leg.spent)} of ${hours(whole)}).`

function gateTold(leg: Leg, { since, until, asOf }: Window, what: What): readonly string[] {
  const { from, to, closed, spent, spentClosed, closedNow } = leg
  const days = (Math.min(until, asOf) - since) / dayMs
  const untold = leg.firstTold.map(
    ({ environment, way, at }) =>
      `How the gate ${way === 'into' ? 'into' : 'onwards from'} ${environment} stood before ${new Date(at).toISOString().slice(0, 10)} is not known: it was opened then, and nobody told of it before.`,
  )
  if (closed === 0) return untold
  return [
    `Its gate was closed for ${(closed / dayMs).toFixed(1)} of ${days.toFixed(1)} days${closedNow ? ' and is closed now' : ''}; ${percent(spent === 0 ? 0 : spentClosed / spent)} of the time between ${from} and ${to} was spent while it was.`,
    ...untold,
    ...(spentClosed <= spent / 2 ? [] : besideTold(leg, what)),
  ]
}

/** What a closed gate is held against: those that came while it was open. */
function besideTold({ cameClosed: closed, cameOpen: open, gateHolds }: Leg, what: What): readonly string[] {
  if (closed === undefined) return [`None of the ${what} came while it was closed: it is not what holds them.`]
  const long = ({ mean, p50 }: Stays) => `${formatDuration(mean)} in the mean, half of them over ${formatDuration(p50)}`
  const others = open === undefined ? 'none came while it was open' : `the ${open.count} that came while it was open ${long(open)}`
  return [
    `${closed.count === 1 ? 'One' : `The ${closed.count}`} that came while it was closed stayed ${long(closed)}; ${others}${gateHolds ? '' : ': it is not what holds them'}.`,
  ]
}

function queueTold({ queue, arrivals, departures }: Leg, { since, until, asOf }: Window, what: What): string {
  const weeks = Math.max((Math.min(until, asOf) - since) / (7 * dayMs), 1 / 7)
  const rates = `${(arrivals / weeks).toFixed(1)} came to it a week and ${(departures / weeks).toFixed(1)} left`
  if (queue.now === 0) return `Nothing waits there now; ${rates}.`
  return `${several(queue.now, what)} wait${queue.now === 1 ? 's' : ''} there now, the oldest for ${formatDuration(queue.oldest!)} (${queue.atBegin} at the beginning); ${rates}.`
}

function trendTold(leg: Leg, before: Leg | undefined, what: What): readonly string[] {
  if (before === undefined || before.arrivals === 0 || leg.arrivals === 0) return ['Of the window before it nothing is known.']
  const through = (ms: number | undefined) => (ms === undefined ? 'Fewer than half' : 'Half')
  const within = (ms: number | undefined) => (ms === undefined ? '' : ` within ${formatDuration(ms)}`)
  const then = before.p50 === undefined ? 'fewer than half were' : `half${within(before.p50)}`
  return [`${through(leg.p50)} of the ${what} were through it${within(leg.p50)}, in the window before ${then}.`]
}

/** Time saved there is saved of that share at most. */
function notTold(leg: Leg, whole: number, what: What): string {
  const share = whole === 0 ? 0 : leg.spent / whole
  return `${nameOf(leg)} is not: were it to take no time at all, ${what} would spend ${percent(share)} less on the way at most.`
}
