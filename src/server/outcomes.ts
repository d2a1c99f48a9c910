import { heldBy, type Outcome, type OutcomeOf } from '../flow/flags/plan.ts'
import { readDecisions } from '../learning/experiment/decisions.ts'
import type { LedgerTransaction } from '../ledger/ledger.ts'

/**
 * What came of experiments by which ramps are held. The First Way knows what follows, the Third what was decided; they meet here. One that
 * is of another flag or another environment decides nothing: nobody was asked about this one.
 */
export async function outcomesOf(place: Pick<LedgerTransaction, 'db'>, names: readonly string[]): Promise<OutcomeOf> {
  const decisions = names.length === 0 ? [] : await readDecisions(place, names)
  return (flag, environment, setting): Outcome | undefined => {
    const experiment = heldBy(setting)
    const found = decisions.find((one) => one.experiment === experiment && one.flag === flag && one.environment === environment)
    if (found === undefined) return undefined
    const { decision, arm, by, reason } = found
    return {
      arm: decision === 'ship' ? (arm ?? null) : null,
      told: `${decision}${arm === undefined ? '' : ` ${arm}`}, by ${by}: ${reason}`,
    }
  }
}
