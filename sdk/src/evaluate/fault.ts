/** Why a rule cannot be compiled, or cannot be evaluated for this context. Never leaves the evaluator: it becomes an error code. */
export class Fault extends Error {
  override readonly name = 'Fault'
}
