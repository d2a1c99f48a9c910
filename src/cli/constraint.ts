import type { ConstraintBoard, ConstraintView } from '../flow/constraint/schemas.ts'
import { formatDuration } from '../kernel/duration.ts'
import { at, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { nothingTold, refuseTeamOf, windowQuery, type TeamFlags, type WindowFlags } from './flow-window.ts'
import { isStale, newestOf, windowTold } from './last-heard.ts'
import type { Output } from './output.ts'

type Flags = ConnectFlags & WindowFlags & TeamFlags & { readonly json: boolean; readonly csv: boolean }

/** What holds every value stream up in a row, or one of them with the evidence. */
export async function constraint(this: CliContext, flags: Flags, stream?: string): Promise<void> {
  refuseTeamOf(stream, flags)
  const path = `${stream === undefined ? '/api/constraint' : at`/api/constraint/${stream}`}?${windowQuery(flags)}`
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.csv) return output.passOn(await api.table(path))
    const answer = await api.get<ConstraintBoard | ConstraintView>(path)
    if (flags.json) output.json(answer)
    else if (!('rows' in answer)) output.result(describe(answer, output))
    else if (answer.rows.length === 0) output.say(nothingTold(flags))
    else output.result(board(answer.rows, output))
  })
}

/** Those first of which it can be said. */
function board(rows: ConstraintBoard['rows'], { table, colour }: Output): string {
  const rank = ({ constraint: found }: ConstraintBoard['rows'][number]) => (found === null ? 1 : 0)
  const newest = newestOf(rows)
  const told = table([
    ['STREAM', 'CONSTRAINT', 'CAUSE', 'OF ALL TIME', 'RESAMPLES AGREE'],
    ...rows
      .toSorted((a, b) => rank(a) - rank(b))
      .map((one) => [one, one.constraint] as const)
      .map(([one, found]) => [
        colour.bold(one.stream),
        ...(found === null
          ? ['cannot say', '', '', colour.dim(one.cannotSay ?? '')]
          : [
              `${found.from} → ${found.to}`,
              found.cause === 'gate' ? colour.yellow('closed gate') : 'stage',
              percent(found.share),
              percent(found.agreement),
            ]),
        ...(isStale(one, newest) ? [colour.yellow(`until ${one.asOf.slice(0, 10)}`)] : []),
      ]),
  ])
  return [colour.dim(windowTold(rows)), told].join('\n')
}

const head = ['', 'OF ALL TIME', 'P50', 'P85', 'BEFORE P50', 'CAME/WK', 'LEFT/WK', 'WAITING', 'OLDEST', 'GATE CLOSED']

function describe(view: ConstraintView, { colour, table }: Output): string {
  const { stream, order, sentences, legs, ageing, little } = view
  const [first, ...evidence] = sentences
  const oldest = ageing.oldest.slice(0, 5).map((one) => [`  ${one.version}`, `since ${one.arrived}`, `came to ${one.in}`])
  return [
    `${colour.bold(stream)}  ${order.join(' → ')}`,
    colour.dim(`from ${view.since.slice(0, 10)} until ${view.until.slice(0, 10)}, as known on ${view.asOf.slice(0, 10)}`),
    '',
    colour.bold(first!),
    ...evidence.map((sentence) => `  ${sentence}`),
    ...(legs.length === 0 ? [] : ['', table([head, ...legs.map(legRow)])]),
    ...(ageing.total === 0 ? [] : ['', `${ageing.total} on the way, the oldest:`, table(oldest)]),
    ...(little.holds
      ? []
      : ['', colour.red("Little's law does not hold in these numbers: something was counted twice or not at all. Please report it.")]),
  ].join('\n')
}

const percent = (share: number | null) => (share === null ? '' : `${Math.round(share * 100)} %`)
const time = (ms: number | null) => (ms === null ? 'never' : formatDuration(ms))
const legRow = (leg: ConstraintView['legs'][number]) => [
  `  ${leg.from} → ${leg.to}`,
  percent(leg.share),
  leg.arrivals === 0 ? 'no data' : time(leg.p50),
  leg.arrivals === 0 ? '' : time(leg.p85),
  leg.before === null || leg.before.arrivals === 0 ? 'no data' : time(leg.before.p50),
  leg.arrivalsPerWeek.toFixed(1),
  leg.departuresPerWeek.toFixed(1),
  String(leg.queue.now),
  leg.queue.oldest === null ? '' : formatDuration(leg.queue.oldest),
  [
    ...(leg.closedMs === 0 ? [] : [`${formatDuration(leg.closedMs)}${leg.closedNow ? ', now too' : ''}`]),
    ...(leg.untoldMs === 0 ? [] : [`${formatDuration(leg.untoldMs)} not known`]),
  ].join(', '),
]
