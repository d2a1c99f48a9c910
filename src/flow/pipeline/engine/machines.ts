import { sql } from 'kysely'
import { conflict, notFound } from '../../../kernel/errors.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import type { Machine } from './assign.ts'
import { leaseMs } from './runs.ts'
import { tables } from '../tables.ts'

export type Self = Pick<Machine, 'home' | 'role' | 'name' | 'labels' | 'capacity'> & {
  readonly owner: string
  readonly url?: string | null
}

/** Names a worker where a step's owner is named. What it holds it holds also after it was started again. */
export const ownerOf = (worker: string): string => `worker/${worker}`
/** The home of the worker that holds a step under this name; undefined: a server does. */
export const workerOf = (owner: string | null): string | undefined =>
  owner?.startsWith('worker/') ? owner.slice('worker/'.length) : undefined

/** One that was not seen for so long is no longer counted among those that others prepare for. */
const rememberedMs = 86_400_000

/** A sign of life. By the database's clock: machines need not agree on the time. */
export async function showUp(ledger: Pick<Ledger, 'db'>, { owner, role, name, labels, capacity, home, url = null }: Self): Promise<void> {
  const seen = { owner, role, name, labels: JSON.stringify(labels), capacity, url, seenAt: sql<Date>`now()`, forgottenAt: null }
  await tables(ledger)
    .insertInto('machine')
    .values({ home, ...seen })
    .onConflict((c) => c.column('home').doUpdateSet(seen))
    .execute()
}

/** It ended as it should: nobody need wait for its silence. */
export async function signOff(ledger: Pick<Ledger, 'db'>, home: string, owner: string): Promise<void> {
  await tables(ledger)
    .updateTable('machine')
    .set({ seenAt: sql<Date>`now() - ${`${leaseMs} milliseconds`}::interval` })
    .where('home', '=', home)
    .where('owner', '=', owner)
    .execute()
}

/** Within the time of a lease. */
export const wasSeen = sql<boolean>`machine.seen_at > now() - ${`${leaseMs} milliseconds`}::interval`

export type MachineRow = Machine & { readonly owner: string; readonly url: string | null; readonly seenAt: Date }

/** Servers and workers seen within a day, or that hold an environment. */
export async function listMachines(ledger: Pick<Ledger, 'db'>): Promise<readonly MachineRow[]> {
  const rows = await tables(ledger)
    .selectFrom('machine')
    .selectAll()
    .select((is) => [
      wasSeen.as('alive'),
      is
        .selectFrom('step')
        .select((of) => of.fn.countAll<number>().as('busy'))
        .whereRef('step.owner', '=', 'machine.owner')
        .where('step.state', '=', 'running')
        .as('busy'),
    ])
    .where((is) =>
      is.or([
        is('seenAt', '>', sql<Date>`now() - ${`${rememberedMs} milliseconds`}::interval`),
        is('home', 'in', is.selectFrom('environmentPlace').select('home')),
      ]),
    )
    .orderBy('name')
    .execute()
  return rows.map(({ forgottenAt, busy, ...row }) => ({ ...row, busy: busy ?? 0, forgotten: forgottenAt !== null }))
}

/**
 * A person says that a machine never comes back: its environments are made anew elsewhere, as they are deployed to. One that comes
 * back all the same is known again, and what stands on it is no longer looked after.
 * @throws ThreewaysError `MACHINE_NOT_FOUND`, `MACHINE_ALIVE`
 */
export async function forgetMachine(ledger: Pick<Ledger, 'db'>, name: string, now: string): Promise<void> {
  const machines = await listMachines(ledger)
  const found = machines.filter((machine) => machine.name === name || machine.home === name)
  const [machine, another] = found
  if (machine === undefined)
    throw notFound('MACHINE_NOT_FOUND', {
      message: `there is no machine "${name}"`,
      help: `there are: ${machines.map((each) => each.name).join(', ')}`,
    })
  if (another !== undefined)
    throw conflict('MACHINE_AMBIGUOUS', {
      message: `${found.length} machines are named "${name}"`,
      help: `say which by its id: ${found.map(({ home }) => home).join(', ')}`,
    })
  if (machine.alive) throw conflict('MACHINE_ALIVE', { message: `"${name}" is at work`, help: 'end it first' })
  await tables(ledger).updateTable('machine').set({ forgottenAt: now }).where('home', '=', machine.home).execute()
  await tables(ledger).deleteFrom('environmentPlace').where('home', '=', machine.home).execute()
}
