import type { RecoveryBoard, RecoveryView, StageView } from '../flow/measures/recovery/schemas.ts'
import { formatDuration } from '../kernel/duration.ts'
import { invalid } from '../kernel/errors.ts'
import { at, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { nothingTold, refuseTeamOf, windowQuery, type TeamFlags, type WindowFlags } from './flow-window.ts'
import { knownTold, percent, time } from './keys-board.ts'
import { isStale, newestOf, windowTold } from './last-heard.ts'
import type { Output } from './output.ts'

export type RecoveryFlags = ConnectFlags &
  WindowFlags &
  TeamFlags & { readonly json: boolean; readonly csv: boolean; readonly rows: boolean }

/** How failures are mended: of every value stream in a row, or of one in full. */
export async function recovery(this: CliContext, flags: RecoveryFlags, stream?: string): Promise<void> {
  refuseTeamOf(stream, flags)
  if (flags.rows && stream === undefined)
    throw invalid('STREAM_MISSING', {
      message: '--rows shows the failures of one stream',
      help: 'name it: `threeways flow recovery STREAM --rows`',
    })
  const query = windowQuery(flags)
  const place = stream === undefined ? `/api/recovery?${query}` : `${at`/api/flow/${stream}/recovery`}?${query}`
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.csv) return output.passOn(await api.table(place))
    const answer = await api.get<RecoveryBoard | RecoveryView>(place)
    if (flags.json) return output.json(answer)
    if ('stream' in answer) return output.result(describe(answer, flags.rows, output))
    if (answer.rows.length === 0) return output.say(nothingTold(flags))
    output.result(board(answer, output))
  })
}

const head = [
  'STREAM',
  'TO',
  'FAILURES',
  'BACK',
  'FORWARD',
  'OTHER',
  'NOT OVER',
  'RECOVERY P50',
  'P85',
  'EXPOSED',
  'DETECT',
  'RECOVER',
  'VERIFY',
]

/** Those that take longest first; those without a failure are counted. */
function board({ rows, known, shared }: RecoveryBoard, { colour, table }: Output): string {
  const newest = newestOf(rows)
  const failing = rows
    .filter(({ failures }) => failures > 0)
    .toSorted((a, b) => (b.recovery?.p50.value ?? Number.MAX_VALUE) - (a.recovery?.p50.value ?? Number.MAX_VALUE))
  const cells = failing.map(
    ({ stream, environment, since, until, asOf, failures, ways, recovery: key, exposed, detect, recover, verify }) => [
      colour.bold(stream),
      environment,
      String(failures),
      ...[ways.back, ways.forward, ways.other, ways.open].map(String),
      ...[key?.p50 ?? null, key?.p85 ?? null, exposed, detect, recover, verify].map(quantile),
      ...(isStale({ since, until, asOf }, newest) ? [colour.yellow(`until ${asOf.slice(0, 10)}`)] : []),
    ],
  )
  const quiet = rows.length - failing.length
  return [
    colour.dim(windowTold(rows)),
    ...(cells.length === 0 ? [] : [table([head, ...cells]), '']),
    ...(quiet === 0
      ? []
      : [`${quiet} of ${rows.length} streams without a failure that came, more likely than not, of a deployment of theirs`]),
    ...(shared === 0
      ? []
      : [
          `${shared === 1 ? 'One failure' : `${shared} failures`} came of a deployment of one of them, and nobody knows of which: \`threeways incident ls\``,
        ]),
    colour.dim(knownTold(known)),
    colour.dim(
      'exposed (the fault ran), detect, recover, verify: p50. What nobody told is "unknown", never 0; what is not over counts (Kaplan-Meier).',
    ),
  ].join('\n')
}

const quantile = (value: StageView['p50']) => (value === null ? 'unknown' : time(value.value))

function describe(view: RecoveryView, withRows: boolean, output: Output): string {
  const { stream, environment, since, until, asOf, known, failures, ways, recovery: key } = view
  const { colour, table } = output
  const told = [
    `${colour.bold(stream)}  to ${environment}`,
    colour.dim(`from ${since.slice(0, 10)} until ${until.slice(0, 10)}, as known on ${asOf.slice(0, 10)}`),
    '',
  ]
  if (failures === 0)
    return [...told, 'no failure came, more likely than not, of a deployment of it', colour.dim(knownTold(known))].join('\n')
  return [
    ...told,
    `${failures} ${failures === 1 ? 'failure' : 'failures'}: ${ways.back} ended by going back, ${ways.forward} by a later version, ${ways.other} without a deployment, ${ways.open} not over`,
    ...(key === null
      ? []
      : [`over, from when they began: p50 ${time(key.p50.value)}, p85 ${time(key.p85.value)}; ${key.ended} of ${key.count}`]),
    '',
    table([['STAGE', 'P50', 'P85', 'ENDED', 'IN IT', 'NOT YET', 'UNKNOWN', ''], ...view.stages.map((stage) => stageCells(stage, output))]),
    '',
    `where the ${formatDuration(view.spentMs)} of all of them went`,
    ...partsTold(view),
    ...(withRows ? ['', ...rowsTold(view, output)] : []),
    '',
    colour.dim(knownTold(known)),
  ].join('\n')
}

const stageCells = ({ stage, p50, p85, ended, open, ahead, unknown, means }: StageView, { colour }: Output) => [
  stage === 'mend' || stage === 'roll' ? `  ${stage}` : stage,
  quantile(p50),
  quantile(p85),
  ...[ended, open, ahead, unknown].map(String),
  colour.dim(means),
]

const words = {
  deployed: 'deployed',
  began: 'began',
  detected: 'detected',
  mended: 'mended',
  recovered: 'recovered',
  resolved: 'over',
} as const
const barWidth = 24

function partsTold({ parts }: RecoveryView): readonly string[] {
  const names = parts.map(({ from, to }) => `${words[from]} → ${to === null ? 'not over' : words[to]}`)
  const width = Math.max(...names.map((name) => name.length))
  return parts.map(({ share, ms, failures }, index) => {
    const bar = '█'.repeat(Math.round((share ?? 0) * barWidth)) || '▏'
    return `  ${names[index]!.padEnd(width)}  ${bar.padEnd(barWidth)}  ${percent(share ?? 0).padStart(6)}  ${formatDuration(ms)} of ${failures}`
  })
}

/** It came of one of the stream's; where none of these is likelier than not, how likely it came of the likeliest. */
function causeTold({ version, probability }: RecoveryView['rows'][number]): string {
  if (version === null || probability === null) return 'unknown'
  return probability > 0.5 ? version : `${version} (${percent(probability)} likely)`
}

function rowsTold({ rows, failures }: RecoveryView, { table, colour }: Output): readonly string[] {
  const cells = rows.map((row) => [
    row.kind === 'incident' ? row.id : row.kind === 'back' ? 'went back' : 'did not run',
    row.began,
    causeTold(row),
    ...[row.detectMs, row.recoverMs, row.verifyMs].map((ms) => (ms === null ? (row.over === null ? '' : 'unknown') : formatDuration(ms))),
    row.way === 'open' ? 'not over' : row.way === 'other' ? 'no deployment' : `${row.way} to ${row.by}`,
    row.over === null ? '' : formatDuration(Date.parse(row.over) - Date.parse(row.began)),
    colour.dim(row.unknown.join('; ')),
  ])
  return [
    table([['FAILURE', 'BEGAN', 'CAME OF', 'DETECT', 'RECOVER', 'VERIFY', 'ENDED BY', 'LASTED', 'NOT KNOWN'], ...cells]),
    ...(failures > rows.length ? [`the newest ${rows.length} of ${failures}`] : []),
  ]
}
