import type { PredictionBoard, PredictionRow } from '../flow/whatif/prediction/schemas.ts'
import type { Value } from '../flow/whatif/schemas.ts'
import { formatDuration } from '../kernel/duration.ts'
import { streamUnknown, withApi, type Api, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { refuseTeamOf, type TeamFlags } from './flow-window.ts'
import type { Output } from './output.ts'

export type PredictionFlags = TeamFlags & { readonly json: boolean; readonly csv: boolean; readonly score: boolean }

/** What was predicted, and what happened. */
export async function predictions(this: CliContext, flags: ConnectFlags & PredictionFlags, stream?: string): Promise<void> {
  refuseTeamOf(stream, flags)
  const query = { ...(stream === undefined ? {} : { stream }), ...(flags.team === undefined ? {} : { team: flags.team }) }
  const path = `/api/predictions?${new URLSearchParams(query)}`
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.score) {
      const { scored } = await api.send<{ scored: number }>('POST', '/api/predictions/score')
      output.say(`${scored} scored`)
    }
    if (flags.csv) return output.passOn(await api.table(path))
    const board = await api.get<PredictionBoard>(path)
    if (flags.json) output.json(board)
    else if (board.rows.length === 0 && stream !== undefined) {
      await refuseUnknown(api, stream)
      output.say(`nothing was predicted of ${stream} yet; keep one with "threeways whatif ${stream} CHANGE --keep"`)
    } else if (board.rows.length === 0) {
      const whose = flags.team === undefined ? '' : ` of value streams of "${flags.team}"`
      output.say(`nothing was predicted${whose} yet; keep one with "threeways whatif STREAM CHANGE --keep"`)
    } else output.result(predictionsTold(board, output))
  })
}

/** @throws ThreewaysError `STREAM_NOT_FOUND` */
async function refuseUnknown(api: Api, stream: string): Promise<void> {
  const { streams } = await api.get<{ streams: { stream: string }[] }>('/api/flow')
  if (!streams.some((one) => one.stream === stream)) throw streamUnknown(stream, streams)
}

export function predictionsTold({ rows, coverage }: PredictionBoard, output: Output): string {
  const { colour } = output
  return [
    ...rows.flatMap((row) => [...rowTold(row, output), '']),
    colour.dim(
      coverage.share === null
        ? 'Nothing to hold them against yet.'
        : `${coverage.inside} of ${coverage.figures} figures lay within their limits (${Math.round(coverage.share * 100)} %); 80 % of them should.`,
    ),
  ].join('\n')
}

function rowTold(row: PredictionRow, { colour, table }: Output): readonly string[] {
  const { stream, change, since, until, by, base, changed, score, hindsight } = row
  const line = (name: string, figure: 'p50' | 'p85' | 'withinDay' | 'perWeek', told: (value: number | null) => string) => {
    const inside = score?.held.find((one) => one.figure === figure)?.inside
    return [
      `  ${name}`,
      told(base[figure].value),
      `${told(changed[figure].value)} ${colour.dim(`(${limits(changed[figure], told)})`)}`,
      score === null ? '' : told(score[figure]),
      inside === undefined ? '' : inside ? colour.green('within') : colour.yellow('outside'),
    ]
  }
  return [
    `${colour.bold(stream)}  ${colour.bold(change)}  ${since.slice(0, 10)} to ${until.slice(0, 10)}, by ${by}${hindsight ? ', made afterwards from what was known before' : ''}`,
    table([
      ['', 'AS IT WAS', 'PREDICTED, 80 %', score === null ? 'NOT YET KNOWN' : 'HAPPENED', ''],
      line('lead time p50', 'p50', time),
      line('lead time p85', 'p85', time),
      line('within a day', 'withinDay', share),
      line('arrive a week', 'perWeek', rate),
    ]),
    ...(score?.made === 'no' ? [colour.yellow('  the change was not made: what happened is held against the line as it was')] : []),
    ...(score?.why ?? []).map((sentence) => colour.dim(`  ${sentence}`)),
  ]
}

const time = (ms: number | null) => (ms === null ? 'never' : formatDuration(ms))
const share = (value: number | null) => (value === null ? 'no data' : `${Math.round(value * 100)} %`)
const rate = (value: number | null) => (value === null ? 'no data' : value.toFixed(1))
const limits = ({ low, high }: Value, told: (value: number | null) => string) => `${told(low)} to ${told(high)}`
