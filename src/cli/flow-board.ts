import type { StreamFlowDetail, StreamFlowView } from '../flow/measures/schemas.ts'
import { counted } from '../kernel/counted.ts'
import { formatDuration } from '../kernel/duration.ts'
import { invalid } from '../kernel/errors.ts'
import { at, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { changeRows, changesTold } from './flow-changes.ts'
import { nothingTold, refuseTeamOf, windowQuery, type TeamFlags, type WindowFlags } from './flow-window.ts'
import { paceOf } from './keys-board.ts'
import { isStale, newestOf, seenTold } from './last-heard.ts'
import type { Output } from './output.ts'

type FlowFlags = ConnectFlags & WindowFlags & TeamFlags & { readonly json: boolean; readonly csv: boolean; readonly rows: boolean }

/** How changes really flow: of every value stream in a row, or of one in full. */
export async function flow(this: CliContext, flags: FlowFlags, stream?: string): Promise<void> {
  refuseTeamOf(stream, flags)
  if (flags.rows && stream === undefined)
    throw invalid('STREAM_MISSING', { message: '--rows shows the versions of one stream', help: 'name it: `threeways flow STREAM --rows`' })
  const query = windowQuery(flags)
  if (flags.rows) query.set('rows', 'true')
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.csv) return output.passOn(await api.table(`${stream === undefined ? '/api/flow' : at`/api/flow/${stream}`}?${query}`))
    if (stream !== undefined) {
      const detail = await api.get<StreamFlowDetail>(`${at`/api/flow/${stream}`}?${query}`)
      if (flags.json) output.json(detail)
      else output.result(describe(detail, output))
      return
    }
    const { streams } = await api.get<{ streams: StreamFlowView[] }>(`/api/flow?${query}`)
    if (flags.json) output.json(streams)
    else if (streams.length === 0) output.say(nothingTold(flags))
    else output.result(board(streams, output))
  })
}

const head = [
  'STREAM',
  'TO',
  'DEPLOYS/WK',
  'LEAD P50',
  '95 % LIMITS',
  'P85',
  'P95',
  'REACHED',
  '10m 1h 4h 1d 1w 4w',
  'BATCH P50',
  'MAX',
  'BACK',
]

/** Those that take longest stand first: they are what one looks for. */
function board(streams: readonly StreamFlowView[], output: Output): string {
  const { colour } = output
  const [moving, still] = [streams.filter(({ lead }) => lead.versions > 0), streams.filter(({ lead }) => lead.versions === 0)]
  const newest = newestOf(streams)
  const hasStale = moving.some((one) => isStale(one, newest))
  const rank = ({ lead }: StreamFlowView) => lead.p50.value ?? Number.POSITIVE_INFINITY
  const rows = moving
    .toSorted((a, b) => rank(b) - rank(a) || a.stream.localeCompare(b.stream))
    .map((flow) => [
      colour.bold(flow.stream),
      flow.order.at(-1)!,
      paceOf(flow.perWeek),
      time(flow.lead.p50.value),
      colour.dim(`${short(flow.lead.p50.low)} – ${short(flow.lead.p50.high)}`),
      time(flow.lead.p85.value),
      time(flow.lead.p95.value),
      reached(flow),
      flow.lead.within.map(({ share }) => ` ${block(share)}`).join(' '),
      numberOf(flow.batch.p50),
      numberOf(flow.batch.max),
      flow.back === 0 ? '' : colour.yellow(String(flow.back)),
      ...(hasStale ? [isStale(flow, newest) ? colour.yellow(flow.asOf.slice(0, 10)) : ''] : []),
    ])
  return [
    output.table([[...head, ...(hasStale ? ['LAST HEARD OF'] : [])], ...rows]),
    '',
    colour.dim(`${seenTold(streams)} Lead time: until the last environment ran them or a later one.`),
    colour.dim(
      'What is still on its way counts (Kaplan-Meier); "never" is more than was watched. `threeways flow STREAM --rows` shows the versions.',
    ),
    ...(still.length === 0 ? [] : [colour.dim(`Nothing new, or only one environment: ${still.map(({ stream }) => stream).join(', ')}`)]),
  ].join('\n')
}

function describe(flow: StreamFlowDetail, output: Output): string {
  const { colour, table } = output
  const { stream, order, batch, legs, closed } = flow
  const widest = Math.max(...legs.map(({ p50 }) => logOf(p50.value)), 1)
  const legRows = legs.map((leg) => [
    `  ${leg.from} → ${leg.to}`,
    colour.cyan('█'.repeat(Math.round((logOf(leg.p50.value) / widest) * 24)) || '▏'),
    ...(leg.versions === 0 ? ['no data', ''] : [`p50 ${time(leg.p50.value)}`, `p95 ${time(leg.p95.value)}`]),
    colour.dim(`${leg.reached} of ${leg.versions}`),
  ])
  return [
    `${colour.bold(stream)}  ${order.join(' → ')}`,
    colour.dim(
      `versions first seen from ${flow.since.slice(0, 10)} until ${flow.until.slice(0, 10)}, as known on ${flow.asOf.slice(0, 10)}`,
    ),
    '',
    ...leadTold(flow, colour),
    `deployments    ${flow.deployments} to ${order.at(-1)}: ${flow.perWeek === null ? 'too early to say how many a week' : `${flow.perWeek.toFixed(1)} a week`}, on ${counted(flow.activeDays, 'day')}`,
    `batch          ${batch.p50 === null ? 'no data' : `p50 ${numberOf(batch.p50)}, p95 ${numberOf(batch.p95)}, largest ${numberOf(batch.max)} versions`}`,
    `went back      ${flow.back === 1 ? 'once' : `${flow.back} times`} to an earlier version`,
    ...(legs.length === 0 ? [] : ['', table(legRows), colour.dim('  bars on a logarithmic scale')]),
    ...closed.map(({ environment, way, since, by }) =>
      colour.yellow(
        `gate ${way === 'into' ? 'into' : 'onwards from'} ${environment} is closed since ${since.slice(0, 10)}${by === null ? '' : `, by ${by}`}`,
      ),
    ),
    ...(flow.changes === undefined ? [] : ['', ...changesTold(flow.changes, order.at(-1)!, output)]),
    ...(flow.rows === undefined ? [] : ['', table([['VERSION', 'FIRST SEEN', 'REACHED', 'CARRIED BY', 'TOOK'], ...flow.rows.map(rowOf)])]),
    ...(flow.changes?.rows === undefined ? [] : ['', changeRows(flow.changes.rows, order.at(-1)!, output)]),
  ].join('\n')
}

function leadTold({ order, lead }: StreamFlowDetail, colour: Output['colour']): readonly string[] {
  if (lead.versions === 0)
    return [`lead time      no data: ${order.length > 1 ? 'no version was first seen then' : 'there is but one environment'}`]
  const { p50, p85, p95, reached, versions, within } = lead
  const shares = within.map(({ ms, share }) => `${nameOf(ms)} ${share === null ? 'no data' : `${Math.round(share * 100)} %`}`)
  return [
    `lead time      p50 ${colour.bold(time(p50.value))} (95 %: ${short(p50.low)} – ${short(p50.high)}), p85 ${time(p85.value)}, p95 ${time(p95.value)}`,
    `reached        ${reached} of ${versions} versions; within ${shares.join(', ')}`,
  ]
}

const rowOf = ({ version, arrived, reached, by }: NonNullable<StreamFlowDetail['rows']>[number]) => [
  version,
  arrived,
  reached ?? 'not yet',
  by === version ? 'itself' : (by ?? ''),
  reached === null ? '' : formatDuration(Date.parse(reached) - Date.parse(arrived)),
]

const minuteMs = 60_000
const logOf = (ms: number | null) => (ms === null ? 0 : Math.log10(1 + ms / minuteMs))
const numberOf = (value: number | null) => (value === null ? '' : Number(value.toFixed(1)).toString())
const time = (ms: number | null) => (ms === null ? 'never' : formatDuration(ms))
const short = (ms: number | null) => (ms === null ? '?' : formatDuration(ms))
const names = new Map([
  [10 * minuteMs, '10 min'],
  [60 * minuteMs, '1 h'],
  [240 * minuteMs, '4 h'],
  [1440 * minuteMs, '1 d'],
  [7 * 1440 * minuteMs, '1 wk'],
  [28 * 1440 * minuteMs, '4 wk'],
])
const nameOf = (ms: number) => names.get(ms) ?? formatDuration(ms)
const blocks = '▁▂▃▄▅▆▇█'
const block = (share: number | null) => (share === null ? '·' : blocks[Math.min(7, Math.floor(share * 8))]!)
const reached = ({ lead }: StreamFlowView) => `${lead.reached}/${lead.versions}`
