import type { BatchesView } from '../flow/measures/batch/schemas.ts'
import { counted } from '../kernel/counted.ts'
import { at, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { ofTeamTold, refuseTeamOf, windowQuery, type TeamFlags, type WindowFlags } from './flow-window.ts'
import { spanTold } from './last-heard.ts'
import type { Output } from './output.ts'

export type BatchesFlags = ConnectFlags & WindowFlags & TeamFlags & { readonly json: boolean; readonly csv: boolean }

/** Size against failing. */
export async function batches(this: CliContext, flags: BatchesFlags, stream?: string): Promise<void> {
  refuseTeamOf(stream, flags)
  const place = `${stream === undefined ? '/api/batches' : at`/api/batches/${stream}`}?${windowQuery(flags)}`
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.csv) return output.passOn(await api.table(place))
    const view = await api.get<BatchesView>(place)
    if (flags.json) output.json(view)
    else if (view.rows.length === 0) output.result(`no deployment${ofTeamTold(flags)} brought anything new in that time`)
    else output.result(told(view, output))
  })
}

const percent = (share: number | null) => (share === null ? 'no data' : `${(share * 100).toFixed(1)} %`)
const ratio = (value: number) => value.toFixed(value < 10 ? 1 : 0)

function told({ rows, trend, known, since, until, nothingNew }: BatchesView, { table, colour }: Output): string {
  const cells = rows.map(({ from, to, deployments, failed, share, low, high, odds }) => [
    from === to ? String(from) : `${from} – ${to}`,
    String(deployments),
    failed === null ? 'no data' : String(Number(failed.toFixed(1))),
    percent(share),
    low === null ? '' : `${percent(low)} – ${percent(high)}`,
    odds === null ? '' : `${ratio(odds.ratio)} (${ratio(odds.low)} – ${ratio(odds.high)})`,
  ])
  const says =
    trend === null
      ? known.length === 0
        ? 'Nobody told of a failure yet, so nothing is said of failing.'
        : 'Whether larger ones fail more often cannot be said.'
      : `${trend.p >= 0.05 ? 'No trend that could not be chance' : trend.z > 0 ? 'Larger ones fail more often' : 'Larger ones fail more seldom'}: p ${trend.p < 0.0001 ? '< 0.0001' : trend.p.toFixed(4)} (Cochran-Armitage). That says nothing of why.`
  const left = `${counted(nothingNew, 'deployment')} more brought nothing new, going back or the same again, and ${nothingNew === 1 ? 'is' : 'are'} in no row.`
  return [
    ...(since === null || until === null ? [] : [colour.dim(spanTold({ since, until }))]),
    table([['VERSIONS', 'DEPLOYMENTS', 'FAILED', 'SHARE', '95 % LIMITS', 'ODDS, HELD AGAINST THE SMALLEST'], ...cells]),
    '',
    ...(nothingNew === 0 ? [] : [colour.dim(left)]),
    colour.dim(says),
  ].join('\n')
}
