import path from 'node:path'
import { boundedTail } from '../../../kernel/detached.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { tables, type StepRow } from '../tables.ts'

/** Of each attempt so much of the end is kept for those who ask another server. */
const bytesKept = 256 * 1024

type Attempt = Pick<StepRow, 'run' | 'name' | 'attempt'>

/** Where other servers find it, when the machine that has the log itself is away or another. */
export async function shareLog(ledger: Pick<Ledger, 'db'>, { run, name: step, attempt }: Attempt, folder: string): Promise<void> {
  const bytes = Buffer.from(await boundedTail(path.join(folder, 'log'), bytesKept))
  await tables(ledger)
    .insertInto('stepLog')
    .values({ run, step, attempt, bytes })
    .onConflict((c) => c.columns(['run', 'step', 'attempt']).doUpdateSet({ bytes }))
    .execute()
}

export async function sharedLog(ledger: Pick<Ledger, 'db'>, { run, name, attempt }: Attempt): Promise<Buffer | undefined> {
  const row = await tables(ledger)
    .selectFrom('stepLog')
    .select('bytes')
    .where('run', '=', run)
    .where('step', '=', name)
    .where('attempt', '=', attempt)
    .executeTakeFirst()
  return row?.bytes
}
