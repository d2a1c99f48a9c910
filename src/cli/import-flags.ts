import { imported } from '../../sdk/src/imported/index.ts'
import type { Holds } from '../connectors/growthbook/translate.ts'

/** GrowthBook's conditions, by the evaluator's own reading of them. */
export const growthbookHolds: Holds = (condition, attributes) =>
  imported.operators['tw_growthbook']!([condition], { now: Date.now })(attributes) === true
