import type { Ledger } from '../../../ledger/ledger.ts'
import type { Workshop } from '../execution.ts'
import { readingBack } from '../gate/gates.ts'
import { tables, type StepRow } from '../tables.ts'

/**
 * Looks at what a gate is going to ask about the disk: a large artifact would take too long behind the ledger's lock.
 * @param over - the step that has just ended; only a stage's last one lets another begin
 */
export async function readAhead(
  { ledger, attestor }: Pick<Workshop, 'ledger' | 'attestor'>,
  run: string,
  over: StepRow | undefined,
): Promise<void> {
  if (over !== undefined && over.work.kind !== 'conclude') return
  const candidate = await candidateToEnter(ledger, run)
  if (candidate !== undefined) await attestor.readOf(candidate)
}

/** A gate waits for the disk: it is asked again at once. */
export const isReadingBack = (steps: readonly StepRow[]): boolean =>
  steps.some(({ state, waiting }) => state === 'waiting' && waiting?.why === readingBack)

/** Whose files that are to enter a stage next, if any are. */
async function candidateToEnter(ledger: Pick<Ledger, 'db'>, run: string): Promise<string | undefined> {
  const found = await tables(ledger)
    .selectFrom('step')
    .innerJoin('run', 'run.id', 'step.run')
    .select('run.candidate')
    .where('step.run', '=', run)
    .where('run.candidate', 'is not', null)
    .where('step.state', 'in', ['pending', 'waiting'])
    .where('step.name', 'like', '%/promote')
    .limit(1)
    .executeTakeFirst()
  return found?.candidate ?? undefined
}
