import { makeBreath } from '../kernel/breath.ts'
import { forbidden, invalid, ThreewaysError, type Fault } from '../kernel/errors.ts'
import type { Prepared } from './store/append.ts'

const faultsMax = 100

/**
 * Checks all events of a batch: with one fault in it nothing of it may be recorded, and whoever repairs it wants to know of all of them.
 * Between them others have their turn: what was sent to the database before goes out, and its answers come in.
 * @param prepareOne - checks one, as `LedgerStore.prepareOne`
 * @throws ThreewaysError `EVENT_INVALID`, or what else the first was refused for; faults carry the place in the batch
 */
export async function prepareBatch<T>(values: readonly T[], prepareOne: (value: T) => Prepared): Promise<readonly Prepared[]> {
  const faults: Fault[] = []
  let worst: ThreewaysError | undefined
  let bad = 0
  const prepared: Prepared[] = []
  const breath = makeBreath()
  for (const [index, value] of values.entries()) {
    await breath()
    try {
      prepared.push(prepareOne(value))
    } catch (error) {
      if (!(error instanceof ThreewaysError) || error.kind === 'internal') throw error
      if (error.code !== 'EVENT_INVALID') worst ??= error
      bad++
      faults.push(...error.faults.map((fault) => ({ ...fault, path: `/${index}${fault.path}` })))
    }
  }
  if (bad === 0) return prepared
  const message = `${bad} of ${values.length} events cannot be recorded, so none was: ${faults[0]!.path} ${faults[0]!.message}`
  const description = {
    message,
    faults: faults.slice(0, faultsMax),
    help: 'repair them and send the batch again; events are recorded once',
  }
  throw worst ? forbidden(worst.code, description) : invalid('EVENT_INVALID', description)
}
