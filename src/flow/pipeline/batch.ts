import { ThreewaysError } from '../../kernel/errors.ts'
import type { LedgerTransaction } from '../../ledger/ledger.ts'
import type { Workshop } from './execution.ts'
import type { Batch, BatchLimit } from './line.port.ts'
import { buildOf, lastVerified, stageOf } from './place.ts'
import type { RunRow } from './tables.ts'

const measured = new Map<string, Batch>()
const measuredMax = 500

/** More than can be told is more than any limit. */
const untold: Batch = { changes: Infinity, lines: Infinity }

/**
 * What a run's candidate carries beyond what runs in a stage's environment, and how much its definition wants to go together.
 * Undefined: no limit is set, or nothing runs there yet.
 */
export async function batchInto(
  { openRepository }: Pick<Workshop, 'openRepository'>,
  tx: LedgerTransaction,
  run: RunRow,
  stageName: string,
): Promise<{ batch: Batch; limit: BatchLimit } | undefined> {
  const limit = run.definition.line?.batch
  const stage = stageOf(run, stageName)
  if (limit === undefined || run.kind === 'rollback' || stage.environment === undefined || stage.ephemeral) return undefined
  const there = await lastVerified(tx, run.stream, stage, run.candidate!)
  if (there === undefined) return undefined
  const { commit } = await buildOf(tx, there)
  return { batch: await between(openRepository, run, commit), limit }
}

async function between(openRepository: Workshop['openRepository'], run: RunRow, from: string): Promise<Batch> {
  // A run that waits is looked at again and again, and commits never change.
  const key = `${run.repository} ${from} ${run.commit}`
  const known = measured.get(key)
  if (known !== undefined) return known
  try {
    const { commitsTotal, added, removed } = await (await openRepository(run.repository)).compare(from, run.commit)
    if (measured.size >= measuredMax) measured.clear()
    measured.set(key, { changes: commitsTotal, lines: added + removed })
    return measured.get(key)!
  } catch (error) {
    if (error instanceof ThreewaysError) return untold
    throw error
  }
}
