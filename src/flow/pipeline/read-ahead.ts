import type { Ledger } from '../../ledger/ledger.ts'
import type { Workshop } from './execution.ts'
import { readingBack } from './gates.ts'
import { tables, type StepRow } from './tables.ts'

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
  const artifact = await artifactToEnter(ledger, run)
  if (artifact !== undefined) await attestor.read(artifact)
}

/** A gate waits for the disk: it is asked again at once. */
export const isReadingBack = (steps: readonly StepRow[]): boolean =>
  steps.some(({ state, waiting }) => state === 'waiting' && waiting?.why === readingBack)

/** The artifact that is to enter a stage next, if one is. */
async function artifactToEnter(ledger: Pick<Ledger, 'db'>, run: string): Promise<string | undefined> {
  const found = await tables(ledger)
    .selectFrom('step')
    .innerJoin('run', 'run.id', 'step.run')
    .innerJoin('build', 'build.candidate', 'run.candidate')
    .select('build.artifact')
    .where('step.run', '=', run)
    .where('step.state', 'in', ['pending', 'waiting'])
    .where('step.name', 'like', '%/promote')
    .limit(1)
    .executeTakeFirst()
  return found?.artifact
}
