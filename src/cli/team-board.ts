import type { TeamsBoard } from '../flow/team/board-schemas.ts'
import { withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { windowQuery, type WindowFlags } from './flow-window.ts'
import { brieflyAll, knownTold, paceOf, percent, time } from './keys-board.ts'
import { spanTold } from './last-heard.ts'
import type { Output } from './output.ts'

export type TeamBoardFlags = ConnectFlags & WindowFlags & { readonly json: boolean; readonly csv: boolean }

/** How the value streams of each team flow, taken together. */
export async function teams(this: CliContext, flags: TeamBoardFlags): Promise<void> {
  const place = `/api/teams/flow?${windowQuery(flags)}`
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.csv) return output.passOn(await api.table(place))
    const answer = await api.get<TeamsBoard>(place)
    if (flags.json) return output.json(answer)
    if (answer.rows.length === 0)
      return output.say('no value stream belonged to a team then; `threeways team set TEAM STREAM` says it, with --since of earlier days')
    output.result(board(answer, output))
  })
}

const head = [
  'TEAM',
  'STREAMS',
  'DEPLOYS/WK',
  'LEAD P50',
  'P85',
  'FAIL RATE',
  '95 % LIMITS',
  'RECOVERY P50',
  'OVER',
  'SLOWEST',
  'HELD UP AT',
]

/** In the order in which they came: by name. */
function board({ rows, known, since, until, unowned }: TeamsBoard, { colour, table }: Output): string {
  return [
    ...(since === null || until === null ? [] : [colour.dim(spanTold({ since, until }))]),
    table([head, ...rows.map((row) => [colour.bold(row.team), String(row.streams.length), ...cells(row), ...slowestTold(row)])]),
    '',
    colour.dim(
      'Each is the value streams of a team taken together, by name of the team. The slowest has the longest lead time (p50) of versions; where its commits are known, what holds it up is told from the first commit of a change on.',
    ),
    ...(unowned === 0 ? [] : [colour.dim(`${unowned === 1 ? 'One value stream belongs' : `${unowned} value streams belong`} to nobody.`)]),
    colour.dim(knownTold(known)),
    ...brieflyAll().map((line) => colour.dim(line)),
  ].join('\n')
}

const cells = ({ frequency, lead, failRate, recovery }: TeamsBoard['rows'][number]) => [
  frequency === null ? 'no data' : paceOf(frequency.perWeek),
  lead === null ? 'no data' : time(lead.p50.value),
  lead === null ? '' : time(lead.p85.value),
  failRate === null ? 'no data' : percent(failRate.share),
  failRate === null ? '' : `${percent(failRate.low)} – ${percent(failRate.high)}`,
  recovery === null ? 'no data' : time(recovery.p50.value),
  recovery === null ? '' : `${recovery.ended}/${recovery.count}`,
]

function slowestTold({ slowest }: TeamsBoard['rows'][number]): readonly string[] {
  if (slowest === null) return ['no data', '']
  const { stream, of, constraint, cannotSay } = slowest
  if (constraint === null) return [stream, `cannot say: ${cannotSay}`]
  return [
    stream,
    `${constraint.from} → ${constraint.to}${constraint.cause === 'gate' ? ', a closed gate' : ''}${of === 'changes' ? ' (from the first commit)' : ''}`,
  ]
}
