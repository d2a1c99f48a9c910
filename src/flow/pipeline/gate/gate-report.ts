import type { Ledger } from '../../../ledger/ledger.ts'
import { quantile } from '../../../kernel/statistics/quantiles.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import { gateNames, type GateName } from './gate-answer.ts'
import { gateWaits, type GateWait } from '../projection.ts'
import type { GateView } from '../schemas.ts'

/**
 * What each gate of each stage costs and catches, from the rows of {@link gateWaits}. @param since - only of candidates that
 * came to the stage from then on @param now - a wait that is not over counts with its age
 */
export async function gateReport(
  { db }: Pick<Ledger, 'db'>,
  now: number,
  { stream, since }: { readonly stream?: string | undefined; readonly since?: string | undefined },
): Promise<readonly GateView[]> {
  const rows = await rowsOf(db, gateWaits)
    .selectAll()
    .$if(stream !== undefined, (query) => query.where('stream', '=', stream!))
    .$if(since !== undefined, (query) => query.where('since', '>=', since!))
    .execute()
  return reportOf(rows, now)
}

/** Pure. Gates that were never closed are there too, with zeros: they were asked as often as the others. */
export function reportOf(rows: readonly GateWait[], now: number): readonly GateView[] {
  const stages = Map.groupBy(rows, ({ stream, stage }) => `${stream}/${stage}`)
  return [...stages.values()]
    .toSorted((a, b) => (a[0]!.stream + a[0]!.stage < b[0]!.stream + b[0]!.stage ? -1 : 1))
    .flatMap((own) => {
      const asked = new Set(own.map(({ run }) => run)).size
      return gateNames.map((gate) => gateOf(own, gate, asked, now))
    })
}

function gateOf(stage: readonly GateWait[], gate: GateName, asked: number, now: number): GateView {
  const waits = stage.filter((row) => row.gate === gate)
  const open = waits.filter(({ until }) => until === null)
  const waited = Float64Array.from(waits, (row) => lengthOf(row, now)).sort()
  const ended = (how: string) => waits.filter(({ end }) => end === how).length
  return {
    stream: stage[0]!.stream,
    stage: stage[0]!.stage,
    gate,
    asked,
    delayed: new Set(waits.map(({ run }) => run)).size,
    waiting: open.length,
    waitedMs: waited.length === 0 ? null : { p50: quantile(waited, 0.5)!, p95: quantile(waited, 0.95)!, max: waited.at(-1)! },
    bypassed: ended('bypassed'),
    caught: {
      rejected: ended('rejected'),
      superseded: ended('superseded'),
      cancelled: ended('cancelled'),
      held: waits.filter((row) => foundBadIn(row, stage, now)).length,
    },
  }
}

const lengthOf = ({ since, until }: GateWait, now: number) => Math.max(0, (until === null ? now : Date.parse(until)) - Date.parse(since))

/** Something was found wrong with the candidate while this gate kept it back: a hold on it or a stage before came meanwhile. */
function foundBadIn(wait: GateWait, stage: readonly GateWait[], now: number): boolean {
  if (wait.gate === 'hold') return false
  const end = Date.parse(wait.since) + lengthOf(wait, now)
  return stage.some(
    ({ gate, run, since }) => gate === 'hold' && run === wait.run && Date.parse(since) > Date.parse(wait.since) && Date.parse(since) <= end,
  )
}
