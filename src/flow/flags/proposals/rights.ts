import { canonicalJson } from '../../../kernel/digest.ts'
import { forbidden, refused } from '../../../kernel/errors.ts'
import { describeNames, flagRuleFor, isAmong, personOf, type Policy } from '../../policy/policy.ts'
import type { Flag } from '../flag.ts'

/** Who asks for a change, and who agreed to it: names of tokens. */
export type Asking = { readonly by: string; readonly agreed: readonly string[] }

/** Environments in which a revision gives somebody something else than the one before. A kill switch that is thrown is not among them. Pure. */
export function touched(before: Flag | undefined, after: Flag): readonly string[] {
  const general = before === undefined || !same(withoutPlaces(before), withoutPlaces(after))
  return Object.keys({ ...before?.environments, ...after.environments }).filter((environment) => {
    const [was, is] = [before?.environments[environment], after.environments[environment]]
    if (was === undefined || is === undefined) return true
    if (general) return true
    const isKill = is.killed && !was.killed && same({ ...is, killed: false }, was)
    return !isKill && !same(was, is)
  })
}

/** What a database gives back has its members in another order. */
const same = (one: object, other: object): boolean => canonicalJson(one) === canonicalJson(other)

/** What decides who gets what in every environment. Of whom a holdout holds, and what it holds, purpose and owner decide. */
const withoutPlaces = ({ variants, control, bucketing, bucketBy, salt, requires, layer, holds, purpose, owner }: Flag) => ({
  variants,
  control,
  bucketing,
  bucketBy,
  salt,
  requires,
  layer,
  holds,
  purpose,
  owner,
})

/**
 * Refuses what the server's policy does not let this person do alone. Pure.
 * @throws ThreewaysError `FLAG_CHANGE_DENIED`, `FLAG_NEEDS_AGREEMENT`
 */
export function checkRights(policy: Policy, flag: string, environments: readonly string[], { by, agreed }: Asking): void {
  checkMayChange(policy, flag, environments, by)
  for (const environment of environments) {
    const rule = flagRuleFor(policy, flag, environment)
    if (rule === undefined) continue
    const others = agreeing(policy, rule.approve.by, by, agreed)
    if (others < rule.approve.count)
      throw refused('FLAG_NEEDS_AGREEMENT', {
        message: `${told(rule.approve.count)} to agree to a change of "${flag}" in ${environment}, and ${others === 0 ? 'nobody' : others} did`,
        help: `propose it (--propose); ${describeNames(policy, rule.approve.by)} may agree`,
      })
  }
}

const told = (count: number) => (count === 1 ? 'one other has' : `${count} others have`)

/** Refuses whoever may neither change it nor propose to. Pure. @throws ThreewaysError `FLAG_CHANGE_DENIED` */
export function checkMayChange(policy: Policy, flag: string, environments: readonly string[], by: string): void {
  for (const environment of environments) {
    const rule = flagRuleFor(policy, flag, environment)
    if (rule === undefined || isAmong(policy, rule.change, by)) continue
    throw forbidden('FLAG_CHANGE_DENIED', {
      message: `the server's policy does not let "${by}" change "${flag}" in ${environment}, or propose to`,
      help: `${describeNames(policy, rule.change)} may`,
    })
  }
}

/**
 * Refuses whose word would count for nothing: whoever proposed it, by whichever token, and whom the policy does not ask. Pure.
 * @param changes - of flags, with the environments that they touch
 * @throws ThreewaysError `FLAG_AGREEMENT_DENIED`
 */
export function checkMayAgree(
  policy: Policy,
  changes: readonly { readonly flag: string; readonly environments: readonly string[] }[],
  proposedBy: string,
  by: string,
): void {
  const rules = changes.flatMap(({ flag, environments }) =>
    environments.flatMap((environment) => flagRuleFor(policy, flag, environment) ?? []),
  )
  const asked = rules.filter(({ approve }) => approve.count > 0)
  const person = (token: string) => personOf(policy, token) ?? token
  if (person(by) === person(proposedBy))
    throw forbidden('FLAG_AGREEMENT_DENIED', {
      message: `"${by}" proposed it${by === proposedBy ? '' : `, as "${proposedBy}"`}: somebody else has to agree`,
      help:
        asked.length === 0
          ? 'nobody has to agree to it: ask for it without --propose'
          : `${describeNames(policy, asked[0]!.approve.by)} may`,
    })
  if (asked.length === 0 || asked.some(({ approve }) => isAmong(policy, approve.by, by))) return
  throw forbidden('FLAG_AGREEMENT_DENIED', {
    message: `the server's policy does not ask "${by}" to agree to it`,
    help: `${describeNames(policy, asked[0]!.approve.by)} may`,
  })
}

/** Persons who may agree and did, but whoever asks: somebody with two tokens is one. */
function agreeing(policy: Policy, may: readonly string[], by: string, agreed: readonly string[]): number {
  const asking = personOf(policy, by) ?? by
  const persons = agreed.filter((token) => isAmong(policy, may, token)).map((token) => personOf(policy, token) ?? token)
  return new Set(persons.filter((person) => person !== asking)).size
}
