import type { Stage } from '../../definition/definition.ts'
import { authorObjection, describeNames, isAmong, peopleIn, personOf, type Policy, type Rule } from '../../policy/policy.ts'
import type { Consent } from './consent-table.ts'
import { wait, type Gate } from './gate-answer.ts'

/** How many approvals a stage needs: what the definition asks, and what the policy asks whatever the definition says. */
export function approvalsNeeded({ auto, gate }: Stage, rule: Rule): number {
  const byHand = auto && rule.auto ? 0 : 1
  return Math.max(gate?.approve?.count ?? 0, rule.approve.count, byHand)
}

/** Why this person's approval does not count here; undefined: it does. Both sides must want it, the policy and the definition. */
export function objection(
  policy: Policy,
  rule: Rule,
  { gate }: Stage,
  said: Pick<Consent, 'by' | 'reason' | 'authors'>,
): string | undefined {
  const from = gate?.approve?.from
  if (!isAmong(policy, rule.approve.by, said.by)) return `the policy lets ${describeNames(policy, rule.approve.by)} approve`
  if (from !== undefined && !isAmong(policy, from, said.by)) return `the definition wants the approval of ${describeNames(policy, from)}`
  if (reasonIsRequired(rule, gate) && said.reason.trim() === '') return 'an approval must say why'
  if (rule.approve.author === 'allowed') return undefined
  if (said.authors === null) return 'it was given when nobody asked who wrote the change'
  return authorObjection(policy, said.by, said.authors)
}

export const reasonIsRequired = (rule: Rule, gate: Stage['gate']) =>
  rule.approve.reason === 'required' || gate?.approve?.reason === 'required'

/** The approvals that count now, one for each person. The policy of this moment decides, not that of the moment they were given. */
export function countingApprovals(policy: Policy, rule: Rule, stage: Stage, consents: readonly Consent[]): readonly Consent[] {
  const good = consents.filter((said) => said.kind === 'approval' && objection(policy, rule, stage, said) === undefined)
  return [...new Map(good.map((said) => [personOf(policy, said.by) ?? `token ${said.by}`, said])).values()]
}

/** Whose approval is waited for, in words. */
export function approvers(policy: Policy, rule: Rule, { gate }: Stage): string {
  const from = gate?.approve?.from ?? ['anyone']
  if (from.includes('anyone')) return describeNames(policy, rule.approve.by)
  if (rule.approve.by.includes('anyone')) return describeNames(policy, from)
  const lets = peopleIn(policy, rule.approve.by)
  const both = [...peopleIn(policy, from)].filter((person) => lets.has(person))
  if (both.length === 0)
    return `nobody: the definition wants ${describeNames(policy, from)}, the policy lets ${describeNames(policy, rule.approve.by)}`
  return both.length === peopleIn(policy, from).size ? describeNames(policy, from) : both.join(', ')
}

export const approved: Gate = async (question) => {
  const { grant, run, stage, consents } = question
  // Without a rule the gate before this one has said so.
  if ('unreadable' in grant || grant.rule === undefined) return undefined
  const { policy, rule } = grant
  const needed = approvalsNeeded(stage, rule)
  const given = countingApprovals(policy, rule, stage, consents)
  if (given.length >= needed) return undefined
  const some = needed > 1 ? `; ${given.length} of ${needed} approvals are given` : ''
  const reason = reasonIsRequired(rule, stage.gate) ? ' --reason "…"' : ''
  return wait(
    question,
    'approval',
    `${whyAPerson(stage, rule, grant.number!)}${some}`,
    `${approvers(policy, rule, stage)}: threeways approve ${run.id} ${stage.name}${reason}`,
  )
}

function whyAPerson({ name, auto, gate }: Stage, rule: Rule, number: number): string {
  if (auto && !rule.auto && gate?.approve === undefined)
    return `automation may not promote into ${name} (rule ${number} of the server's policy)`
  if (gate?.approve === undefined && auto) return `rule ${number} of the server's policy wants an approval for ${name}`
  return `${name} is entered only when a person says so`
}
