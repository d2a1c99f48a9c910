import { wanting } from './approvals.ts'
import type { Act } from '../control.ts'
import type { Workshop } from '../execution.ts'
import { changeOf, stageOf } from '../place.ts'

/**
 * A person lets one candidate past the stops there are now. Every other gate is asked as always, and the line stays stopped for
 * everybody else.
 * @throws ThreewaysError as `wanting`; `LINE_NOT_STOPPED`, `REASON_MISSING`
 */
export async function passLine(shop: Workshop, id: string, stage: string, { by, reason }: Act): Promise<void> {
  await shop.ledger.transaction(async (tx) => {
    const { run, step } = await wanting(tx, id, stage)
    await tx.append(await shop.line.letPass(tx, changeOf(run, stageOf(run, stage), [step]), by, reason))
  })
}
