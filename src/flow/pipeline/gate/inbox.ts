import { messageOf } from '../../../kernel/errors.ts'
import type { Actor, Scope } from '../../../kernel/http.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import type { Stage } from '../../definition/definition.ts'
import { currentPolicy } from '../../policy/policies.ts'
import { describeNames, isAmong, ruleFor, type Policy, type Rule } from '../../policy/policy.ts'
import { consentsTo } from './consents.ts'
import type { Consent } from './consent-table.ts'
import type { Workshop } from '../execution.ts'
import { passables, type Closed } from './gate-answer.ts'
import { approvalsNeeded, approvers, countingApprovals, objection, reasonIsRequired } from './gate-approval.ts'
import { closedGates } from './gates.ts'
import { authorsFor } from './approvals.ts'
import { lastVerified, stageOf } from '../place.ts'
import type { ApprovalView, Waiting } from '../schemas.ts'
import { stepsAwaited } from '../engine/runs.ts'
import { tables, type RunRow, type StepRow } from '../tables.ts'

/** What waits for other candidates, machines or time alone is nobody's to decide. */
const nobodys: ReadonlySet<Waiting['kind']> = new Set(['line', 'slot', 'retry', 'stage', 'environment', 'server', 'worker'])
const commitsShown = 20
const differencesKept = 500

type AuthorsOf = (run: RunRow, stage: string) => Promise<Consent['authors']>

export type Inbox = { read(asker: Actor, stream?: string): Promise<readonly ApprovalView[]> }

/** Everything that waits for a person: what it is, since when, who may act, and what it would bring. Only reads. */
export function makeInbox(shop: Workshop): Inbox {
  // Commits do not change, and everybody's page asks again and again.
  const differences = new Map<string, ApprovalView['differs']>()

  async function differenceOf(run: RunRow, stage: string): Promise<ApprovalView['differs']> {
    const before = await lastVerified(shop.ledger, run.stream, stageOf(run, stage), run.candidate ?? undefined)
    const base = before === undefined ? undefined : await commitOf(shop.ledger, before)
    if (base === undefined) return null
    const key = `${run.repository} ${base} ${run.commit}`
    if (!differences.has(key)) {
      if (differences.size >= differencesKept) differences.clear()
      differences.set(key, await compared(shop, run, base))
    }
    return differences.get(key)!
  }

  /** What is said of the asker may be a moment old; whoever approves is asked anew. */
  const authors = new Map<string, Consent['authors']>()
  const authorsOf: AuthorsOf = async (run, stage) => {
    const key = `${run.id} ${run.candidate} ${stage}`
    if (!authors.has(key)) {
      if (authors.size >= differencesKept) authors.clear()
      authors.set(key, await authorsFor(shop, run.id, stage))
    }
    return authors.get(key)!
  }

  async function item(run: RunRow, step: StepRow, waits: readonly Waiting[], asker: Actor): Promise<ApprovalView> {
    const { id, stream, commit, author, summary, committedAt } = run
    const stage = step.stage!
    const grant = await grantOf(shop.ledger, run, stage)
    const at = { run, step, waits, ...grant }
    return {
      run: id,
      stream,
      stage,
      step: step.name,
      candidate: run.candidate,
      commit,
      author,
      summary,
      committedAt,
      waiting: waits[0]!,
      also: waits.slice(1),
      ...(await sayings(shop, at, asker, authorsOf)),
      differs: await differenceOf(run, stage),
    }
  }

  return {
    async read(asker, stream) {
      const rows = await stepsAwaited(shop.ledger, stream)
      const found = rows.map(({ run, step }) => ({ run, step, waits: peoplesWaits(step) })).filter(({ waits }) => waits.length > 0)
      const items = await Promise.all(found.map(({ run, step, waits }) => item(run, step, waits, asker)))
      return items.toSorted((a, b) => (a.waiting.since < b.waiting.since ? -1 : 1))
    },
  }
}

/** What of a step's waits a person can end, most telling first. */
function peoplesWaits(step: StepRow): readonly Waiting[] {
  const all =
    step.work.kind === 'promote' ? closedGates(step).map(({ waiting }: Closed) => waiting) : step.waiting === null ? [] : [step.waiting]
  return all.filter(({ kind }) => !nobodys.has(kind))
}

type At = {
  readonly run: RunRow
  readonly step: StepRow
  readonly waits: readonly Waiting[]
  readonly policy?: Policy
  readonly rule?: Rule
}

async function grantOf(ledger: Pick<Ledger, 'db'>, run: RunRow, stage: string): Promise<{ policy?: Policy; rule?: Rule }> {
  const read = await currentPolicy(ledger)
  if (!('policy' in read)) return {}
  const found = ruleFor(read.policy, run.stream, stage)
  return found === undefined ? {} : { policy: read.policy, rule: found.rule }
}

/** Who may act, what was said, and what the asker may do. */
async function sayings(
  shop: Pick<Workshop, 'ledger'>,
  { run, step, waits, policy, rule }: At,
  asker: Actor,
  authorsOf: AuthorsOf,
): Promise<Pick<ApprovalView, 'who' | 'approvals' | 'can'>> {
  const good = (wanted: Scope) => asker.scopes.some((scope) => scope === wanted || scope === 'admin')
  const acts = good('operate')
  const ends = good('deliver')
  const isCanary = waits[0]!.kind === 'canary'
  if (step.work.kind !== 'promote' && !isCanary) return { who: waits[0]!.for, approvals: null, can: ends ? ['rerun', 'cancel'] : [] }
  if (policy === undefined || rule === undefined) return { who: 'an admin', approvals: null, can: [] }
  if (isCanary) {
    const lets = acts && isAmong(policy, rule.approve.by, asker.name)
    const can = [...(lets ? (['promote'] as const) : []), ...(ends ? (['cancel'] as const) : [])]
    return { who: describeNames(policy, rule.approve.by), approvals: null, can }
  }
  const stage = stageOf(run, step.stage!)
  const kinds = new Set(waits.map(({ kind }) => kind))
  const consents = await consentsTo(shop.ledger, run, stage.name)
  const given = countingApprovals(policy, rule, stage, consents).map(({ by, reason, at }) => ({ by, reason, at }))
  const isApproval = kinds.has('approval')
  const approvals = isApproval ? { needed: approvalsNeeded(stage, rule), given, reason: reasonIsRequired(rule, stage.gate) } : null
  const may = (names: readonly string[]) => acts && isAmong(policy, names, asker.name)
  const can = [
    ...(isApproval && acts && (await mayApprove(authorsOf, run, policy, rule, asker.name, stage)) ? (['approve'] as const) : []),
    ...(may(rule.approve.by) ? (['reject'] as const) : []),
    ...(kinds.has('hold') && may(rule.lift) ? (['promote'] as const) : []),
    ...(passables.some((gate) => kinds.has(gate)) && may(rule.bypass) ? (['bypass'] as const) : []),
  ]
  return { who: whoOf(kinds, policy, rule, stage), approvals, can }
}

function whoOf(kinds: ReadonlySet<Waiting['kind']>, policy: Policy, rule: Rule, stage: Stage): string {
  if (kinds.has('hold')) return describeNames(policy, rule.lift)
  if (kinds.has('approval')) return approvers(policy, rule, stage)
  return describeNames(policy, rule.bypass)
}

async function mayApprove(authorsOf: AuthorsOf, run: RunRow, policy: Policy, rule: Rule, by: string, stage: Stage): Promise<boolean> {
  const whoever: Rule = { ...rule, approve: { ...rule.approve, author: 'allowed' } }
  const said = { by, reason: 'to come', authors: null }
  // Who wrote it is worth asking only for those who might approve it at all.
  if (objection(policy, whoever, stage, said) !== undefined) return false
  if (rule.approve.author === 'allowed') return true
  const authors = await authorsOf(run, stage.name).catch(() => undefined)
  return authors !== undefined && objection(policy, rule, stage, { ...said, authors }) === undefined
}

const commitOf = async (ledger: Pick<Ledger, 'db'>, candidate: string) =>
  (await tables(ledger).selectFrom('build').select('commit').where('candidate', '=', candidate).executeTakeFirst())?.commit

async function compared(shop: Workshop, run: RunRow, from: string): Promise<ApprovalView['differs']> {
  try {
    const { commits, commitsTotal, filesTotal } = await (await shop.openRepository(run.repository)).compare(from, run.commit)
    return { from, commits: commits.slice(0, commitsShown), commitsTotal, filesTotal, unknown: null }
  } catch (error) {
    return { from, commits: [], commitsTotal: 0, filesTotal: 0, unknown: messageOf(error) }
  }
}
