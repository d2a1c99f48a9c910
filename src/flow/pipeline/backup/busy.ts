import type { Ledger } from '../../../ledger/ledger.ts'
import type { EnvironmentId } from '../../environment/provider.port.ts'
import { environmentOf } from '../place.ts'
import { tables } from '../tables.ts'

/** The run that is in the stage of this environment right now, if one is. */
export async function runInside(
  ledger: Pick<Ledger, 'db'>,
  id: EnvironmentId,
): Promise<{ readonly id: string; readonly inStage: string } | undefined> {
  const inside = await tables(ledger)
    .selectFrom('slot')
    .innerJoin('run', 'run.id', 'slot.run')
    .selectAll('run')
    .select('slot.stage as inStage')
    .where('slot.stream', '=', id.split('/')[0]!)
    .execute()
  return inside.find((run) => {
    const stage = run.definition.stages.find(({ name }) => name === run.inStage)
    return stage?.environment !== undefined && environmentOf(run, stage) === id
  })
}
