import { refused } from '../../../kernel/errors.ts'
import { event } from '../../../ledger/event.ts'
import { canaryContinued } from '../../deployment/events.ts'
import { grantFor, promote, requireRight } from '../gate/approvals.ts'
import { envelopeOf, isPaused, progressOf } from './canary-watch.ts'
import type { Act } from '../control.ts'
import type { Workshop } from '../execution.ts'
import { changeStep, lockRun } from '../engine/runs.ts'

/**
 * A person lets a candidate in; or, when it is in and its canary cannot be judged, lets that go on, whom the policy lets approve.
 * @throws ThreewaysError as `promote`; `REASON_MISSING`, `POLICY_FORBIDS`
 */
export async function letIn(shop: Workshop, id: string, stage: string, act: Act): Promise<void> {
  if (!(await letGoOn(shop, id, stage, act))) await promote(shop, id, stage, act)
}

/** @returns whether there was a canary that waits */
async function letGoOn(shop: Workshop, id: string, stage: string, { by, reason }: Act): Promise<boolean> {
  return shop.ledger.transaction(async (tx) => {
    const { run, steps } = await lockRun(tx, id)
    const step = steps.find((one) => one.stage === stage && isPaused(one))
    if (!step) return false
    const { policy, rule } = await grantFor(tx, run, stage)
    requireRight(policy, rule.approve.by, by, `let a canary in ${stage} go on`)
    if (reason.trim() === '') {
      throw refused('REASON_MISSING', {
        message: `${step.waiting!.why}: nothing but your word says that it is no worse`,
        help: 'say why it may go on with --reason',
      })
    }
    await changeStep(tx, step, { output: { ...step.output, canary: { ...progressOf(step), continuedBy: by } } })
    const { stream, commit, candidate } = run
    const content = { stream, stage, candidate: candidate!, commit, run: id, by, reason }
    await tx.append([event(canaryContinued, envelopeOf(shop, run, step), content)])
    return true
  })
}
