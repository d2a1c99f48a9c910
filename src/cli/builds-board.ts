import type { BuildRow, BuildsView } from '../flow/builds/schemas.ts'
import { formatDuration } from '../kernel/duration.ts'
import { at, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { ofTeamTold, refuseTeamOf, windowQuery, type TeamFlags, type WindowFlags } from './flow-window.ts'
import type { Output } from './output.ts'

export type BuildsFlags = ConnectFlags & Omit<WindowFlags, 'to'> & TeamFlags & { readonly json: boolean; readonly csv: boolean }

/** How long builds wait and last, and how they end. */
export async function builds(this: CliContext, flags: BuildsFlags, stream?: string): Promise<void> {
  refuseTeamOf(stream, flags)
  const place = `${stream === undefined ? '/api/builds' : at`/api/builds/${stream}`}?${windowQuery(flags)}`
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.csv) return output.passOn(await api.table(place))
    const view = await api.get<BuildsView>(place)
    if (flags.json) output.json(view)
    else if (view.rows.length === 0)
      output.say(`no run of a pipeline${ofTeamTold(flags)} is known in that time; docs/webhooks.md says how they come in`)
    else output.result(told(view, output))
  })
}

const head = ['PIPELINE', 'JOB', 'RUNS', 'QUEUE P50', 'P85', 'P95', 'LASTS P50', 'P85', 'P95', 'SUCCESS', '95 % LIMITS', 'RE-RUNS']

function told({ rows, total, since, asOf }: BuildsView, { table, colour }: Output): string {
  const cells = rows.map(({ pipeline, job, runs, queue, duration, success, reruns }) => [
    colour.bold(pipeline ?? '?'),
    job ?? colour.dim('as a whole'),
    String(runs),
    ...spread(queue),
    ...spread(duration),
    success === null ? 'no data' : percent(success.share),
    success === null ? '' : colour.dim(`${percent(success.low)} – ${percent(success.high)}`),
    reruns === 0 ? '' : String(reruns),
  ])
  return [
    table([head, ...cells]),
    '',
    colour.dim(
      `Asked for from ${since.slice(0, 10)} on, as known on ${asOf.slice(0, 10)}. What still waits or runs counts (Kaplan-Meier).`,
    ),
    ...(total > rows.length ? [colour.dim(`${total - rows.length} more that ran for less are not shown.`)] : []),
  ].join('\n')
}

const spread = (of: BuildRow['queue']) =>
  of === null ? ['no data', '', ''] : [of.p50, of.p85, of.p95].map(({ value }) => (value === null ? 'never' : formatDuration(value)))
const percent = (share: number) => `${Math.round(share * 100)} %`
