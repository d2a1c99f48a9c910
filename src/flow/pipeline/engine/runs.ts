import { sql } from 'kysely'
import { notFound } from '../../../kernel/errors.ts'
import type { Ledger, LedgerTransaction } from '../../../ledger/ledger.ts'
import { advance } from '../policy.ts'
import { tables, type RunRow, type StepRow } from '../tables.ts'
import type { PlannedStep } from '../work.ts'

/** How long a server or a worker may be silent before another takes its steps over. With a beat in every fifth of it. */
export const leaseMs = 2_000
/** Nobody can take over a step that may not run twice: there is no hurry to call a person because its machine is slow. */
const patienceMs = 15_000

export type NewRun = Omit<RunRow, 'number' | 'state' | 'message' | 'startedAt' | 'finishedAt' | 'cancelledBy'>

export async function insertRun(tx: LedgerTransaction, run: NewRun, steps: readonly PlannedStep[]): Promise<RunRow> {
  const row = await tables(tx)
    .insertInto('run')
    .values({ ...run, definition: JSON.stringify(run.definition), state: 'queued' })
    .returningAll()
    .executeTakeFirstOrThrow()
  await tables(tx)
    .insertInto('step')
    .values(
      steps.map(({ work, needs, ...planned }, position) => ({
        ...planned,
        run: run.id,
        position,
        work: JSON.stringify(work),
        needs: JSON.stringify(needs),
        attempt: 1,
        state: 'pending' as const,
        fence: 0,
      })),
    )
    .execute()
  return row
}

/** Locks the run for this transaction: its steps change only under this lock. @throws ThreewaysError `RUN_NOT_FOUND` */
export async function lockRun(tx: LedgerTransaction, id: string): Promise<{ run: RunRow; steps: StepRow[] }> {
  const run = await tables(tx).selectFrom('run').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!run) throw runNotFound(id)
  return { run, steps: await stepsIn(tx, id) }
}

export async function findRun(ledger: Pick<Ledger, 'db'>, id: string): Promise<{ run: RunRow; steps: StepRow[] }> {
  const run = await tables(ledger).selectFrom('run').selectAll().where('id', '=', id).executeTakeFirst()
  if (!run) throw runNotFound(id)
  return { run, steps: await stepsIn(ledger, id) }
}

const runNotFound = (id: string) =>
  notFound('RUN_NOT_FOUND', { message: `there is no run "${id}"`, help: 'list them with `threeways status`' })

const stepsIn = (place: Pick<Ledger, 'db'>, run: string): Promise<StepRow[]> =>
  tables(place).selectFrom('step').selectAll().where('run', '=', run).orderBy('position').execute()

/** Runs that still move or wait. */
export async function openRuns(ledger: Pick<Ledger, 'db'>): Promise<string[]> {
  const rows = await tables(ledger).selectFrom('run').select('id').where('finishedAt', 'is', null).orderBy('number').execute()
  return rows.map(({ id }) => id)
}

/** Runs whose next step may be for others to make possible: a gate is closed, or nobody has looked at them yet. */
export async function waitingRuns(ledger: Pick<Ledger, 'db'>): Promise<string[]> {
  const rows = await tables(ledger)
    .selectFrom('run')
    .select('id')
    .where('finishedAt', 'is', null)
    .where((is) =>
      is.or([
        is('state', '=', 'queued'),
        is.exists(is.selectFrom('step').select('run').whereRef('step.run', '=', 'run.id').where('step.state', '=', 'waiting')),
      ]),
    )
    .orderBy('number')
    .execute()
  return rows.map(({ id }) => id)
}

type StepChange = Partial<Omit<StepRow, 'work' | 'needs' | 'waiting' | 'output' | 'leaseUntil'>> & {
  waiting?: StepRow['waiting']
  output?: StepRow['output']
}

/** Writes a change of a step, in the database and in the row at hand. */
export async function changeStep(tx: LedgerTransaction, step: StepRow, change: StepChange): Promise<void> {
  const { waiting, output, ...plain } = change
  const lease = change.state === undefined ? {} : { leaseUntil: change.state === 'running' ? leaseEnd : null }
  await tables(tx)
    .updateTable('step')
    .set({
      ...plain,
      ...lease,
      ...(waiting === undefined ? {} : { waiting: waiting && JSON.stringify(waiting) }),
      ...(output === undefined ? {} : { output: output && JSON.stringify(output) }),
    })
    .where('run', '=', step.run)
    .where('name', '=', step.name)
    .execute()
  Object.assign(step, change)
}

export async function changeRun(tx: LedgerTransaction, run: RunRow, change: Partial<Omit<RunRow, 'definition' | 'number'>>): Promise<void> {
  await tables(tx).updateTable('run').set(change).where('id', '=', run.id).execute()
  Object.assign(run, change)
}

// The database's clock: two servers need not agree on the time.
export const leaseEnd = sql<Date>`now() + ${`${leaseMs} milliseconds`}::interval`

export type Held = Pick<StepRow, 'run' | 'name' | 'fence'>

/** Says that this one still works on its steps. @returns those that are still its own */
export async function renewLeases(ledger: Pick<Ledger, 'db'>, owner: string): Promise<readonly Held[]> {
  return tables(ledger)
    .updateTable('step')
    .set({ leaseUntil: leaseEnd })
    .where('state', '=', 'running')
    .where('owner', '=', owner)
    .returning(['run', 'name', 'fence'])
    .execute()
}

/** Runs with a step that may begin and that nobody has taken. */
export async function readyRuns(ledger: Pick<Ledger, 'db'>): Promise<readonly string[]> {
  const rows = await tables(ledger)
    .selectFrom('step')
    .innerJoin('run', 'run.id', 'step.run')
    .select(['step.run', 'step.name', 'needs', 'rule', 'undoes', 'step.state', 'work', 'cancelledBy'])
    .where('run.finishedAt', 'is', null)
    .orderBy('number')
    .orderBy('position')
    .execute()
  const runs = Map.groupBy(rows, ({ run }) => run)
  return [...runs].flatMap(([run, steps]) => {
    const standing = steps.map((step) => (step.state === 'waiting' ? { ...step, state: 'pending' as const } : step))
    const { ready } = advance(standing, steps[0]!.cancelledBy !== null)
    return steps.some(({ name, work }) => work.kind !== 'promote' && ready.includes(name)) ? [run] : []
  })
}

export type Abandoned = Held & { readonly owner: string }

/**
 * Steps whose owner fell silent, or is known to be dead; and in how many milliseconds the next of the others will have been silent for
 * too long, unless it is heard before.
 * @param sure - silence counts. Not after the database was away: then nobody could be heard
 */
export async function abandonedSteps(
  ledger: Pick<Ledger, 'db'>,
  owner: string,
  isDead: (owner: string) => Promise<boolean>,
  sure: boolean,
): Promise<{ abandoned: readonly Abandoned[]; nextMs: number }> {
  const rows = await tables(ledger)
    .selectFrom('step')
    .select(['run', 'name', 'owner', 'fence'])
    .select(
      sql<number>`1000 * extract(epoch from ${sql.ref('leaseUntil')} - now()) + case when idempotent then 0 else ${patienceMs}::int end`.as(
        'leftMs',
      ),
    )
    .where('state', '=', 'running')
    .where('owner', '<>', owner)
    .execute()
  const abandoned: Abandoned[] = []
  let nextMs = Infinity
  for (const { leftMs, owner: holder, ...row } of rows) {
    if ((sure && leftMs < 0) || (await isDead(holder!))) abandoned.push({ ...row, owner: holder! })
    else if (leftMs >= 0) nextMs = Math.min(nextMs, leftMs)
  }
  return { abandoned, nextMs }
}

/** Steps of open runs that wait or want a person, also while they are at work as a paused canary is, with their runs. */
export async function stepsAwaited(place: Pick<Ledger, 'db'>, stream?: string): Promise<readonly { run: RunRow; step: StepRow }[]> {
  const steps = await tables(place)
    .selectFrom('step')
    .innerJoin('run', 'run.id', 'step.run')
    .selectAll('step')
    .where('run.finishedAt', 'is', null)
    .where((is) =>
      is.or([
        is('step.state', 'in', ['waiting', 'needs-attention']),
        is.and([is('step.state', '=', 'running'), is('step.waiting', 'is not', null)]),
      ]),
    )
    .where('step.stage', 'is not', null)
    .$if(stream !== undefined, (query) => query.where('run.stream', '=', stream!))
    .execute()
  if (steps.length === 0) return []
  const ids = [...new Set(steps.map(({ run }) => run))]
  const runs = await tables(place)
    .selectFrom('run')
    .selectAll()
    .where('id', '=', sql<string>`any(${ids}::text[])`)
    .execute()
  const byId = new Map(runs.map((run) => [run.id, run]))
  return steps.flatMap((step) => (byId.has(step.run) ? [{ run: byId.get(step.run)!, step }] : []))
}
