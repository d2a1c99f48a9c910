import { createEvaluator, type Evaluator } from '../../../../sdk/src/evaluate/evaluator.ts'
import { imported } from '../../../../sdk/src/imported/index.ts'
import type { FlagSet, FlagSets } from './sets.ts'

export type Served = ReturnType<typeof makeServed>

/** An evaluator for each environment, kept as its flags change: the same that applications use. */
export function makeServed(sets: FlagSets) {
  const kept = new Map<string, { revision: FlagSet; readonly evaluator: Evaluator }>()
  return {
    /** @throws ThreewaysError `FLAG_ENVIRONMENT_NOT_FOUND` */
    async of(environment: string): Promise<{ readonly set: FlagSet; readonly evaluator: Evaluator }> {
      const set = await sets.of(environment)
      const found = kept.get(environment)
      if (found === undefined) {
        const evaluator = createEvaluator(set.set, { extension: imported })
        kept.set(environment, { revision: set, evaluator })
        return { set, evaluator }
      }
      if (found.revision !== set) {
        found.evaluator.update(set.set)
        found.revision = set
      }
      return { set, evaluator: found.evaluator }
    },
  }
}
