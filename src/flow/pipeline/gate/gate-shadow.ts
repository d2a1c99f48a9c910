import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import { shadowReadiness } from '../../dark/shadow/ready.ts'
import type { Stage } from '../../definition/definition.ts'
import { environmentOf, stageOf } from '../place.ts'
import { promotions } from '../projection.ts'
import type { RunRow } from '../tables.ts'
import { bypassers, isBypassed } from './gate-time.ts'
import { wait, type Gate } from './gate-answer.ts'

/** A candidate has answered copies of real requests as what serves did. */
export const rehearsed: Gate = async (question) => {
  const { tx, run, stage } = question
  const demands = stage.gate?.shadow
  if (demands === undefined || isBypassed(question, 'shadow')) return undefined
  for (const before of shadowsBefore(run, stage)) {
    const since = await servingSince(tx, run, before.shadow.from)
    // Nothing runs there: there is nothing to compare with, and nobody asks.
    if (since === undefined) continue
    const { verdict } = await shadowReadiness(tx, environmentOf(run, before), run.candidate!, { since, demands })
    if (verdict.ready === 'yes') continue
    // Without counts, which would make a new reason of every few requests.
    const [why, forWhom] =
      verdict.ready === 'no'
        ? [`in ${before.name} it answers requests of ${before.shadow.from} otherwise, or fails`, 'another change']
        : [
            `copies of requests of ${before.shadow.from} in ${before.name} have not shown yet that it is ready`,
            `requests of ${before.shadow.from}`,
          ]
    return wait(question, 'shadow', `${why}: threeways shadow ${run.stream}`, `${forWhom}${bypassers(question)}`)
  }
  return undefined
}

export type ShadowedStage = Stage & { readonly shadow: NonNullable<Stage['shadow']> }

/** Stages before this one that get copies of requests, in the order of the definition. */
export function shadowsBefore({ definition: { stages } }: Pick<RunRow, 'definition'>, stage: Stage): readonly ShadowedStage[] {
  const names = new Set<string>()
  const visit = (after: readonly string[]): void => {
    for (const name of after) {
      if (names.has(name)) continue
      names.add(name)
      visit(stages.find((one) => one.name === name)?.after ?? [])
    }
  }
  visit(stage.after)
  return stages.filter((one): one is ShadowedStage => names.has(one.name) && one.shadow !== undefined)
}

/** Since when what serves in a stage does; undefined: nothing was ever verified there. */
export async function servingSince(
  { db }: Pick<LedgerTransaction, 'db'>,
  run: Pick<RunRow, 'stream' | 'definition'>,
  name: string,
): Promise<string | undefined> {
  const row = await rowsOf(db, promotions)
    .select(({ fn }) => [fn.max('verifiedAt').as('since')])
    .where('stream', '=', run.stream)
    .where('stage', '=', stageOf(run, name).name)
    .executeTakeFirst()
  return row?.since ?? undefined
}
