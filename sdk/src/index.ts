export { createEvaluator, type Evaluation, type Evaluator } from './evaluate/evaluator.ts'
export type { ErrorCode, Reason } from './evaluate/decide.ts'
export type { EvaluationContext, FlagDefinition, FlagSet, FlagType, Json, Metadata } from './evaluate/flag-set.ts'
export { isFlagSet, validateFlagSet, type FlagSetFault } from './evaluate/validate.ts'
