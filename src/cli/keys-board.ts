import type { FailureView, KeysBoard, KeysView, StreamKeys, StreamKeysDetail } from '../flow/measures/keys/schemas.ts'
import { counted } from '../kernel/counted.ts'
import { formatDuration } from '../kernel/duration.ts'
import { invalid } from '../kernel/errors.ts'
import { at, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { nothingTold, refuseTeamOf, windowQuery, type TeamFlags, type WindowFlags } from './flow-window.ts'
import { isStale, newestOf, windowTold } from './last-heard.ts'
import type { Output } from './output.ts'

export type KeysFlags = ConnectFlags & WindowFlags & TeamFlags & { readonly json: boolean; readonly csv: boolean; readonly rows: boolean }

/** The five DORA keys: of every value stream in a row, or of one in full. */
export async function keys(this: CliContext, flags: KeysFlags, stream?: string): Promise<void> {
  refuseTeamOf(stream, flags)
  if (flags.rows && stream === undefined)
    throw invalid('STREAM_MISSING', {
      message: '--rows shows the deployments of one stream',
      help: 'name it: `threeways flow keys STREAM --rows`',
    })
  const query = windowQuery(flags)
  if (flags.rows) query.set('rows', 'true')
  const place = `${stream === undefined ? '/api/keys' : at`/api/keys/${stream}`}?${query}`
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.csv) return output.passOn(await api.table(place))
    const answer = await api.get<KeysBoard | StreamKeysDetail>(place)
    if (flags.json) return output.json(answer)
    if ('stream' in answer) return output.result(describe(answer, output))
    if (answer.streams.length === 0) return output.say(nothingTold(flags))
    output.result(board(answer, flags.team ?? 'all', output))
  })
}

const head = ['STREAM', 'TO', 'DEPLOYS/WK', 'LEAD OF', 'LEAD P50', 'P95', 'FAIL RATE', '95 % LIMITS', 'RECOVERY P50', 'OVER', 'REWORK']

/** The least reliable stand first: they are what one looks for. */
function board({ estate, streams, known }: KeysBoard, all: string, { colour, table }: Output): string {
  const sorted = streams.toSorted((a, b) => (b.failRate?.share ?? -1) - (a.failRate?.share ?? -1) || a.stream.localeCompare(b.stream))
  const newest = newestOf(streams)
  const rows = sorted.map((one) => [
    colour.bold(one.stream),
    one.environment,
    ...cells(one, one.leadFrom),
    ...(isStale(one, newest) ? [colour.yellow(`until ${one.asOf.slice(0, 10)}`)] : []),
  ])
  const ends = new Set(streams.map(({ environment }) => environment))
  return [
    colour.dim(windowTold(streams)),
    table([head, [colour.bold(all), ends.size > 1 ? 'the last of each' : '', ...cells(estate, 'first seen')], ...rows]),
    '',
    ...(streams.every(({ leadFrom }) => leadFrom === 'first seen')
      ? []
      : [
          colour.dim(
            `Lead times of changes begin with the first commit, those of versions where a version was first seen. Not all streams have commits: ${all} is of versions, and not to be held against a lead time of changes.`,
          ),
        ]),
    colour.dim(knownTold(known)),
    ...endsTold(streams, all).map((line) => colour.dim(line)),
    ...brieflyAll().map((line) => colour.dim(line)),
  ].join('\n')
}

/** What a lead time is of says where it begins. */
const leadOf = { commit: 'changes', 'first seen': 'versions' } as const

const cells = ({ frequency, lead, failRate, recovery, rework }: KeysView, leadFrom: StreamKeys['leadFrom']) => [
  frequency === null ? 'no data' : paceOf(frequency.perWeek),
  lead === null ? '' : leadOf[leadFrom],
  lead === null ? 'no data' : time(lead.p50.value),
  lead === null ? '' : time(lead.p95.value),
  failRate === null ? 'no data' : percent(failRate.share),
  failRate === null ? '' : `${percent(failRate.low)} – ${percent(failRate.high)}`,
  recovery === null ? 'no data' : time(recovery.p50.value),
  recovery === null ? '' : `${recovery.ended}/${recovery.count}`,
  rework === null ? 'no data' : percent(rework.share),
]

const names = {
  frequency: 'deployment frequency',
  lead: 'change lead time',
  failRate: 'change fail rate',
  recovery: 'failed deployment recovery time',
  rework: 'deployment rework rate',
} as const
const everyKey = Object.keys(names) as (keyof typeof names)[]

/** What each number is, in a line of its own; the whole of it is in the answer of the API. */
const briefly = {
  frequency: 'deployments to the last environment, going back too; a week is one of the window, or of as much as is known',
  lead: 'from the first commit of a change, or where a version was first seen, until it ran there; what is on its way counts',
  failRate: 'share of the deployments that brought a failure, each as likely as it came of them',
  recovery: 'from when a failure that more likely than not came of a deployment began until it was over; those that are not count',
  rework: 'share of the deployments that were made because of a failure',
} as const
const inFull = 'In full: docs/keys.md, or `definitions` with --json.'
export const brieflyAll = () => [...everyKey.map((key) => `${names[key]}: ${briefly[key]}`), inFull]

/** Not every way ends in the same environment, and all that lie at an end are counted in the row of all. */
function endsTold(streams: KeysBoard['streams'], all: string): readonly string[] {
  const ends = [...Map.groupBy(streams, ({ environment }) => environment)].map(([environment, own]) => ({
    environment,
    count: own.length,
    deployments: own.reduce((sum, { frequency }) => sum + (frequency?.deployments ?? 0), 0),
  }))
  const [most, ...others] = ends.toSorted((a, b) => b.count - a.count || a.environment.localeCompare(b.environment))
  if (most === undefined || others.length === 0) return []
  const told = [most, ...others].map(
    ({ environment, count, deployments }) => `${counted(deployments, 'deployment')} of ${counted(count, 'stream')} to ${environment}`,
  )
  return [`${all} is of each stream to where it leads: ${told.join(', ')}. \`--to ${most.environment}\` is of that one alone.`]
}

function describe(keys: StreamKeysDetail, output: Output): string {
  const { colour } = output
  const values = valuesOf(keys)
  return [
    `${colour.bold(keys.stream)}  to ${keys.environment}`,
    colour.dim(`from ${keys.since.slice(0, 10)} until ${keys.until.slice(0, 10)}, as known on ${keys.asOf.slice(0, 10)}`),
    ...everyKey.flatMap((key) => ['', `${colour.bold(names[key])}  ${values[key]}`, colour.dim(briefly[key])]),
    '',
    colour.dim(inFull),
    '',
    colour.dim(knownTold(keys.known)),
    ...(keys.herd.length === 0
      ? [colour.dim('Too early to hold it beside others: nothing is known of a full week.')]
      : keys.herd.slice(0, 1).map((herd) => colour.dim(herdTold(herd)))),
    ...(keys.rows === undefined ? [] : ['', ...rowsTold(keys, output)]),
  ].join('\n')
}

/** Only the latest; `--json` has the others. */
function herdTold({ report, like }: StreamKeysDetail['herd'][number]): string {
  const told = everyKey.flatMap((key) => (key === 'rework' ? [] : [`${names[key]} ${like[key] ?? 'no data'}`]))
  return `Like, in ${report}, where teams say it of themselves: ${told.join(', ')}.`
}

function valuesOf({ frequency, lead, failRate, recovery, rework }: StreamKeys): Record<keyof typeof names, string> {
  const gap = frequency?.gap
  return {
    frequency:
      frequency === null
        ? 'no data'
        : `${frequency.perWeek === null ? 'too early to say how many a week' : `${frequency.perWeek.toFixed(1)} a week`} (${frequency.deployments} on ${counted(frequency.activeDays, 'day')})${gap ? `; ${time(gap.p50)} apart at p50, ${time(gap.p95)} at p95` : ''}`,
    lead: timed(lead),
    failRate: share(failRate),
    recovery: timed(recovery),
    rework: share(rework),
  }
}

function timed(value: StreamKeys['lead']): string {
  if (value === null) return 'no data'
  const { p50, p85, p95, ended, count } = value
  return `p50 ${time(p50.value)} (95 %: ${limit(p50.low)} – ${limit(p50.high)}), p85 ${time(p85.value)}, p95 ${time(p95.value)}; ${ended} of ${count} are over`
}

const share = (value: StreamKeys['failRate']) =>
  value === null
    ? 'no data'
    : `${percent(value.share)} (95 %: ${percent(value.low)} – ${percent(value.high)}), ${Number(value.expected.toFixed(1))} of ${value.of} deployments`

function rowsTold({ rows = [], failures = [] }: StreamKeysDetail, { table, colour }: Output): readonly string[] {
  const told = rows.map(({ at: when, version, deployment, ran, failed, failures: names, rework }) => [
    when,
    version,
    ran ? (failed === 0 ? '' : `failed ${percent(failed)}`) : 'did not run',
    rework ?? '',
    names.join(' '),
    colour.dim(deployment),
  ])
  return [
    table([['DEPLOYED', 'VERSION', 'FAILED', 'REWORK', 'FAILURES', 'DEPLOYMENT'], ...told]),
    ...failures.flatMap((one) => ['', ...failureTold(one)]),
  ]
}

/** So many causes are shown; `--json` has more. */
const causesShown = 5

export function failureTold({ kind, id, summary, began, resolved, causes, none }: FailureView): readonly string[] {
  const over = resolved === null ? 'not over' : `over after ${formatDuration(Date.parse(resolved) - Date.parse(began))}`
  const title = kind === 'incident' ? `incident ${id}` : kind === 'back' ? 'went back' : 'did not run'
  return [
    `${title}${summary === null ? '' : `: ${summary}`}, ${began}, ${over}`,
    ...causes
      .slice(0, causesShown)
      .map(
        (cause) =>
          `  ${percent(cause.probability).padStart(6)}  ${cause.stream} ${cause.version}, ${cause.reasons.join(', ')}  ${cause.deployment}`,
      ),
    ...(causes.length > causesShown ? [`          and ${causes.length - causesShown} more, each less likely`] : []),
    `  ${percent(none).padStart(6)}  ${causes.length === 0 ? 'no deployment that is known' : 'none of them'}`,
  ]
}

const kinds = { incident: 'incidents', back: 'deployments that went back', failed: 'deployments that did not come to run' } as const

export const knownTold = (known: KeysBoard['known']) =>
  known.length === 0
    ? 'Nobody told of a failure yet, so nothing is said of failing: threeways event incident, or docs/keys.md.'
    : `Failures are known of ${known.map((kind) => kinds[kind]).join(', ')}.`

export const time = (ms: number | null) => (ms === null ? 'never' : formatDuration(ms))
/** Of less than a week nothing is said of how many there are in one. */
export const paceOf = (perWeek: number | null) => (perWeek === null ? 'too early' : perWeek.toFixed(1))
const limit = (ms: number | null) => (ms === null ? '?' : formatDuration(ms))
export const percent = (value: number) => `${(value * 100).toFixed(value > 0 && value < 0.0995 ? 1 : 0)} %`
