import { instantOf, type Clock } from '../../../kernel/clock.ts'
import { event } from '../../../ledger/event.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { exposuresRecorded } from './events.ts'
import { timesOf, type Report } from './report.ts'

/** Records what an application told. Told again under the same id it counts once. @throws ThreewaysError `EVENT_ID_REUSED` */
export async function recordReport(ledger: Pick<Ledger, 'append'>, clock: Clock, environment: string, report: Report): Promise<void> {
  const { at, exposedAt } = timesOf(report, clock.now())
  const { exposures, metrics, evaluations, rehearsals, dropped, id } = report
  const content = {
    environment,
    exposures: exposures.map(({ rule, ...one }, index) => ({ ...one, ...(rule === undefined ? {} : { rule }), at: exposedAt[index]! })),
    metrics: metrics.map(({ buckets, ...one }) => ({ ...one, ...(buckets === undefined ? {} : { buckets }) })),
    evaluations: evaluations.map(({ revision, ...one }) => ({ ...one, ...(revision === undefined ? {} : { revision }) })),
    rehearsals: rehearsals.map(({ differences, dropped: refused, revision, ...one }) => ({
      ...one,
      ...(revision === undefined ? {} : { revision }),
      dropped: Object.values(refused).reduce((sum, count) => sum + count, 0),
      differences: differences.map(([difference, candidate, noise]) => ({ difference, candidate, noise })),
    })),
    dropped,
  }
  const envelope = { id, time: instantOf(at), source: `/threeways/flag-sets/${encodeURIComponent(environment)}`, subject: environment }
  await ledger.append([event(exposuresRecorded, envelope, content)])
}
