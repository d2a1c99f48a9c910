import { conflict, forbidden, refused } from '../../../kernel/errors.ts'
import type { CloudEvent } from '../../../ledger/event.ts'
import type { Ledger, LedgerTransaction } from '../../../ledger/ledger.ts'
import { currentPolicy } from '../../policy/policies.ts'
import { describeNames, isAmong, ruleFor, type Policy, type Rule } from '../../policy/policy.ts'
import { consent } from './consents.ts'
import type { Consent } from './consent-table.ts'
import { isPassable, type Passable } from './gate-answer.ts'
import type { Workshop } from '../execution.ts'
import { approvalsNeeded, objection, reasonIsRequired } from './gate-approval.ts'
import { closedGates } from './gates.ts'
import { stageNotFound, type Act } from '../control.ts'
import { findHold, holdsBefore, lifted } from './holds.ts'
import { lastVerified, stageOf } from '../place.ts'
import { waitsOver } from '../engine/progress.ts'
import { changeStep, findRun, lockRun } from '../engine/runs.ts'
import { tables, type RunRow, type StepRow } from '../tables.ts'

/** A run that wants into a stage, and what the policy of this moment says of that. */
export type Wanting = {
  readonly run: RunRow
  readonly step: StepRow
  readonly policy: Policy
  readonly rule: Rule
}

/**
 * Finds a run before the gates of a stage, behind its lock and the ledger's: what is decided on it stays true until commit.
 * @throws ThreewaysError `RUN_NOT_FOUND`, `STAGE_NOT_FOUND`, `PROMOTION_OVER`, `CANDIDATE_NOT_MADE`, `POLICY_GRANTS_NOTHING`
 */
export async function wanting(tx: LedgerTransaction, id: string, stage: string): Promise<Wanting> {
  const { run, steps } = await lockRun(tx, id)
  const step = steps.find(({ name }) => name === `${stage}/promote`)
  if (!step) throw stageNotFound(run, stage)
  if (step.state !== 'waiting' && step.state !== 'pending') {
    throw conflict('PROMOTION_OVER', { message: `run ${id} does not wait to enter ${stage}: that step is ${step.state}` })
  }
  if (run.candidate === null) {
    throw conflict('CANDIDATE_NOT_MADE', {
      message: `run ${id} has no candidate yet: there is nothing to let into ${stage}`,
      help: 'wait until it is built, and look at it',
    })
  }
  await tx.lock()
  return { run, step, ...(await grantFor(tx, run, stage)) }
}

/** What the policy says of a stage, for somebody who wants to act on it. @throws ThreewaysError `POLICY_GRANTS_NOTHING` */
export async function grantFor(
  place: Pick<Ledger, 'db'>,
  { stream }: Pick<RunRow, 'stream'>,
  stage: string,
): Promise<{ readonly policy: Policy; readonly rule: Rule }> {
  const read = await currentPolicy(place)
  const found = 'policy' in read ? ruleFor(read.policy, stream, stage) : undefined
  if ('policy' in read && found) return { policy: read.policy, rule: found.rule }
  const why = 'unreadable' in read ? `cannot be read: ${read.unreadable}` : `says nothing of ${stage} in ${stream}`
  throw forbidden('POLICY_GRANTS_NOTHING', {
    message: `the server's policy ${why}`,
    help: 'an admin sets it with `threeways policy set <file>`',
  })
}

/** @throws ThreewaysError `POLICY_FORBIDS` */
export function requireRight(policy: Policy, names: readonly string[], by: string, what: string): void {
  if (isAmong(policy, names, by)) return
  throw forbidden('POLICY_FORBIDS', {
    message: `"${by}" may not ${what}: the server's policy lets ${describeNames(policy, names)}`,
    help: 'ask one of them, or an admin to change it with `threeways policy set`',
  })
}

/**
 * A person is for letting this very candidate in. It counts as long as the policy lets them approve.
 * @throws ThreewaysError as `wanting`, and `POLICY_FORBIDS`, `REASON_MISSING`
 */
export async function approve(shop: Workshop, id: string, stage: string, act: Act): Promise<void> {
  const authors = await authorsFor(shop, id, stage)
  await shop.ledger.transaction(async (tx) => {
    await tx.append([await approval(shop, tx, await wanting(tx, id, stage), act, authors)])
  })
}

/** Records an approval. @param authors - as `authorsFor` found them @returns what to say of it */
export async function approval(
  { clock, records }: Workshop,
  tx: LedgerTransaction,
  { run, step, policy, rule }: Wanting,
  { by, reason }: Act,
  authors: Consent['authors'],
): Promise<CloudEvent> {
  const stage = step.stage!
  const there = stageOf(run, stage)
  if (reasonIsRequired(rule, there.gate) && reason.trim() === '') {
    throw refused('REASON_MISSING', { message: `an approval for ${stage} must say why`, help: 'say it with --reason' })
  }
  const against = objection(policy, rule, there, { by, reason, authors })
  if (against !== undefined) {
    throw forbidden('POLICY_FORBIDS', {
      message: `"${by}" may not approve run ${run.id} for ${stage}: ${against}`,
      help: 'ask somebody else',
    })
  }
  await consent(tx, {
    run: run.id,
    stage,
    kind: 'approval',
    by,
    candidate: run.candidate!,
    reason,
    at: clock.instant(),
    authors,
    until: null,
  })
  return records.promotionApproved(run, stage, by, reason)
}

/**
 * Who wrote what a promotion would bring into a stage: everything since what was verified there last. Null where
 * the policy does not ask. A repository that cannot be read is no reason to take somebody for innocent: it throws.
 */
export async function authorsFor(shop: Workshop, id: string, stage: string): Promise<Consent['authors']> {
  const { run } = await findRun(shop.ledger, id)
  const read = await currentPolicy(shop.ledger)
  const rule = 'policy' in read ? ruleFor(read.policy, run.stream, stage)?.rule : undefined
  const there = run.definition.stages.find(({ name }) => name === stage)
  if (rule?.approve.author !== 'refused' || there === undefined) return null
  const before = await lastVerified(shop.ledger, run.stream, there, run.candidate ?? undefined)
  const base = before && (await tables(shop.ledger).selectFrom('build').select('commit').where('candidate', '=', before).executeTakeFirst())
  const repository = await shop.openRepository(run.repository)
  const own = await repository.authors(undefined, run.commit)
  return base === undefined || base === '' ? own : [...own, ...(await repository.authors(base.commit, run.commit))]
}

/**
 * A person refuses to let a candidate in: it waits no longer, and its run ends.
 * @throws ThreewaysError as `wanting`, and `POLICY_FORBIDS`, `REASON_MISSING`
 */
export async function reject(shop: Workshop, id: string, stage: string, { by, reason }: Act): Promise<void> {
  if (reason.trim() === '') throw refused('REASON_MISSING', { message: 'a rejection must say why', help: 'say it with --reason' })
  await shop.ledger.transaction(async (tx) => {
    const { run, step, policy, rule } = await wanting(tx, id, stage)
    requireRight(policy, rule.approve.by, by, `reject a candidate for ${stage}`)
    const over = waitsOver(shop, run, stage, closedGates(step), 'rejected')
    const now = shop.clock.instant()
    const message = `rejected by ${by}: ${reason}`
    await changeStep(tx, step, { state: 'cancelled', waiting: null, output: null, notBefore: null, message, finishedAt: now })
    await tx.append([shop.records.promotionRejected(run, stage, by, reason), ...over])
  })
}

/**
 * A person lets a candidate in before its soak time is over, before copies of requests have shown enough, or outside the change windows. Nothing else is passed by it.
 * @param gates - which; those that are closed when left out
 * @throws ThreewaysError as `wanting`, and `POLICY_FORBIDS`, `REASON_MISSING`, `NOTHING_TO_BYPASS`
 */
export async function bypass(shop: Workshop, id: string, stage: string, gate: Passable | undefined, { by, reason }: Act): Promise<void> {
  if (reason.trim() === '') throw refused('REASON_MISSING', { message: 'a bypass must say why', help: 'say it with --reason' })
  await shop.ledger.transaction(async (tx) => {
    const { run, step, policy, rule } = await wanting(tx, id, stage)
    requireRight(policy, rule.bypass, by, `bypass the gates of ${stage}`)
    const passed = closedGates(step).filter((closed) => (gate === undefined ? true : closed.gate === gate))
    const events: CloudEvent[] = []
    for (const { gate: kind, waiting } of passed) {
      if (!isPassable(kind)) continue
      const { until } = waiting
      const said = { run: run.id, stage, kind, by, candidate: run.candidate!, reason, at: shop.clock.instant() }
      await consent(tx, { ...said, authors: null, until: until ?? null })
      events.push(shop.records.gateBypassed(run, stage, kind, by, reason, until))
    }
    if (events.length === 0) {
      throw conflict('NOTHING_TO_BYPASS', {
        message: `run ${id} does not wait for ${gate === undefined ? 'a soak time, copies of requests or a change window' : `the ${gate}`} of ${stage}`,
        help: 'see what it waits for with `threeways approvals`',
      })
    }
    await tx.append(events)
  })
}

/**
 * A person lets a candidate in: lifts the holds that keep it out, and approves it. The line, soak time and windows are not
 * theirs to pass by this.
 * @throws ThreewaysError as `approve`, and `REASON_MISSING` when a hold is lifted
 */
export async function promote(shop: Workshop, id: string, stage: string, act: Act): Promise<void> {
  const authors = await authorsFor(shop, id, stage)
  await shop.ledger.transaction(async (tx) => {
    const wants = await wanting(tx, id, stage)
    const { run, policy, rule } = wants
    const there = stageOf(run, stage)
    const held = await holdsBefore(tx, run, there)
    const events: CloudEvent[] = []
    for (const hold of held) {
      const grant = hold.stage === stage ? { policy, rule } : await grantFor(tx, run, hold.stage)
      requireRight(grant.policy, grant.rule.lift, act.by, `lift holds in ${hold.stage}`)
      events.push(lifted(shop, hold, act.by, act.reason))
    }
    // Who may only lift holds has done what a stage without approvals needs.
    if (held.length === 0 || approvalsNeeded(there, rule) > 0 || isAmong(policy, rule.approve.by, act.by)) {
      events.push(await approval(shop, tx, wants, act, authors))
    }
    await tx.append(events)
  })
}

/**
 * A person says why a candidate may enter a stage again.
 * @param candidate - its digest or commit, or the first digits of either
 * @throws ThreewaysError `HOLD_NOT_FOUND`, `POLICY_GRANTS_NOTHING`, `POLICY_FORBIDS`, `REASON_MISSING`
 */
export async function lift(shop: Workshop, stream: string, stage: string, candidate: string, act: Act): Promise<void> {
  await shop.ledger.transaction(async (tx) => {
    await tx.lock()
    const hold = await findHold(tx, stream, stage, candidate)
    const { policy, rule } = await grantFor(tx, { stream }, stage)
    requireRight(policy, rule.lift, act.by, `lift holds in ${stage}`)
    await tx.append([lifted(shop, hold, act.by, act.reason)])
  })
}
