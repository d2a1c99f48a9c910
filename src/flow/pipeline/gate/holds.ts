import { notFound, refused } from '../../../kernel/errors.ts'
import { event, type CloudEvent } from '../../../ledger/event.ts'
import type { Ledger, LedgerTransaction } from '../../../ledger/ledger.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import type { Stage } from '../../definition/definition.ts'
import { holdLifted } from '../../deployment/events.ts'
import { holds, type Hold } from '../../deployment/projection.ts'
import { consentsTo } from './consents.ts'
import type { Workshop } from '../execution.ts'
import { source } from '../records.ts'
import { tables, type RunRow } from '../tables.ts'

/**
 * The holds that keep a run out of a stage: those of the stage first, then those of the stages before it. A commit that is
 * built anew may get another digest, and is still what was rolled back.
 */
export async function holdsBefore({ db }: Pick<Ledger, 'db'>, run: RunRow, stage: Stage): Promise<readonly Hold[]> {
  const way = [stage.name, ...stagesBefore(run.definition.stages, stage)]
  const found = await rowsOf(db, holds)
    .selectAll()
    .where('stream', '=', run.stream)
    .where('stage', 'in', way)
    .where('held', '=', true)
    .where((is) => is.or([is('candidate', '=', run.candidate!), is('commit', '=', run.commit)]))
    .execute()
  return found.toSorted((a, b) => way.indexOf(a.stage) - way.indexOf(b.stage) || (a.candidate < b.candidate ? -1 : 1))
}

function stagesBefore(stages: readonly Stage[], stage: Stage): readonly string[] {
  const before = new Set<string>()
  const add = (names: readonly string[]): void => {
    for (const name of names) {
      if (before.has(name)) continue
      before.add(name)
      add(stages.find((other) => other.name === name)!.after)
    }
  }
  add(stage.after)
  return [...before]
}

/** Every hold that stands, oldest first. */
export function openHolds({ db }: Pick<Ledger, 'db'>): Promise<Hold[]> {
  return rowsOf(db, holds).selectAll().where('held', '=', true).orderBy('since').execute()
}

/** Finds a hold by its candidate, or by as many of its first digits as tell it apart. @throws ThreewaysError `HOLD_NOT_FOUND` */
export async function findHold(place: Pick<Ledger, 'db'>, stream: string, stage: string, candidate: string): Promise<Hold> {
  const digits = candidate.replace(/^sha256:/, '')
  const here = (await openHolds(place)).filter((hold) => hold.stream === stream && hold.stage === stage)
  const found = here.filter((hold) => hold.candidate.startsWith(`sha256:${digits}`) || hold.commit?.startsWith(digits))
  if (found.length === 1 && digits.length >= 6) return found[0]!
  throw notFound('HOLD_NOT_FOUND', {
    message:
      found.length > 1 ? `several held candidates begin with "${candidate}"` : `"${candidate}" is not held out of ${stage} in ${stream}`,
    help: 'list them with `threeways holds`; at least 6 digits of the candidate or its commit tell one',
  })
}

/** @returns what to say of it @throws ThreewaysError `REASON_MISSING` */
export function lifted(shop: Pick<Workshop, 'clock' | 'newId'>, hold: Hold, by: string, reason: string, newer?: string): CloudEvent {
  const { stream, stage, candidate, commit, run } = hold
  if (reason.trim() === '') {
    throw refused('REASON_MISSING', {
      message: `this candidate was rolled back in ${stage}: ${hold.reason}`,
      help: 'say why it may enter again with --reason',
    })
  }
  const envelope = { id: shop.newId(), time: shop.clock.instant(), source, subject: `${stream}/${stage}/${candidate}` }
  return event(
    holdLifted,
    { ...envelope, ...(run === null ? {} : { chainId: run }) },
    { stream, stage, candidate, commit: commit ?? '', by, reason, ...(newer === undefined ? {} : { newer }) },
  )
}

/**
 * A newer candidate that people promoted and that proved itself settles what was held out of its stage before: those holds have
 * done their work. What they held stays no place to go back to.
 */
export async function liftOlder(
  shop: Pick<Workshop, 'clock' | 'newId'>,
  tx: LedgerTransaction,
  run: RunRow,
  stage: string,
): Promise<readonly CloudEvent[]> {
  const hands = (await consentsTo(tx, run, stage)).filter(({ kind }) => kind === 'approval').map(({ by }) => by)
  if (hands.length === 0 || run.kind !== 'delivery') return []
  const older = rowsOf(tx.db, holds).selectAll().where('stream', '=', run.stream).where('stage', '=', stage).where('held', '=', true)
  const held = await older.where('candidate', '<>', run.candidate!).where('run', 'is not', null).execute()
  const numbers = await tables(tx)
    .selectFrom('run')
    .select(['id', 'number'])
    .where('id', 'in', ['', ...held.map((hold) => hold.run!)])
    .execute()
  const before = new Set(numbers.filter(({ number }) => Number(number) < Number(run.number)).map(({ id }) => id))
  const reason = `${run.commit.slice(0, 8)} was promoted by hand since and is verified`
  return held.filter((hold) => before.has(hold.run!)).map((hold) => lifted(shop, hold, hands.join(', '), reason, run.candidate!))
}
