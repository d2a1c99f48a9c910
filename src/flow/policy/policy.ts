import type { ChangeWindow, Freeze } from '../definition/change-window.ts'

/** What the server's policy grants and asks, after reading. Plain data. */
export type Policy = {
  /** Who people are to this server and to git: names of their tokens, and the addresses they commit under. */
  readonly people: Readonly<Record<string, Person>>
  readonly groups: Readonly<Record<string, readonly string[]>>
  /** The first that fits a stream and stage decides. Where none fits, nothing is granted. */
  readonly rules: readonly Rule[]
  /** Of environments; absent: none. */
  readonly quotas?: Quotas
  /** The first that fits a flag and environment decides about its changes. Where none fits, whoever may operate may change it. */
  readonly flags: readonly FlagRule[]
}

/** Who may change how a flag stands, and how many others have to agree. The kill switch needs nobody. */
export type FlagRule = {
  readonly flags: readonly string[]
  readonly environments: readonly string[]
  readonly change: readonly string[]
  readonly approve: { readonly by: readonly string[]; readonly count: number }
}

/** What people's environments may take; absent: as much as there is. */
export type Quotas = {
  /** At once: in all, of one value stream, of one person. Those of stages do not count. */
  readonly environments: { readonly total?: number | undefined; readonly stream?: number | undefined; readonly person?: number | undefined }
  /** Sums of the limits of everything that is awake. */
  readonly memoryBytes?: number | undefined
  readonly cpus?: number | undefined
}

export type Person = { readonly tokens: readonly string[]; readonly emails: readonly string[] }

/** `by`, `bypass` and `lift` name people, groups or `anyone`. What is left out of the file is not granted. */
export type Rule = {
  readonly streams: readonly string[]
  readonly stages: readonly string[]
  /** Automation may promote where the definition says so. */
  readonly auto: boolean
  readonly approve: {
    readonly by: readonly string[]
    /** So many approvals are needed, whatever the definition asks. */
    readonly count: number
    /** Whether who wrote a change may approve it. */
    readonly author: 'allowed' | 'refused'
    readonly reason: 'required' | 'optional'
  }
  /** Who may let a candidate in before its soak time is over, or outside the change windows. */
  readonly bypass: readonly string[]
  /** Who may lift holds. */
  readonly lift: readonly string[]
  readonly soakMs: number
  readonly window: readonly ChangeWindow[] | undefined
  readonly freeze: readonly Freeze[]
}

/** Stands for everybody whose token may act at all. */
export const anyone = 'anyone'

/** The rule that decides about a stage, and which one it is, from 1. */
export function ruleFor(policy: Policy, stream: string, stage: string): { readonly rule: Rule; readonly number: number } | undefined {
  const index = policy.rules.findIndex(({ streams, stages }) => fits(streams, stream) && fits(stages, stage))
  return index === -1 ? undefined : { rule: policy.rules[index]!, number: index + 1 }
}

/** The rule that decides about changes of a flag in an environment; undefined: none does. */
export const flagRuleFor = (policy: Policy, flag: string, environment: string): FlagRule | undefined =>
  policy.flags.find(({ flags, environments }) => fits(flags, flag) && fits(environments, environment))

/** `*` stands for any characters, also none. */
function fits(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matches(pattern.split('*'), name))
}

function matches([start = '', ...rest]: readonly string[], name: string): boolean {
  if (!name.startsWith(start)) return false
  const end = rest.pop()
  if (end === undefined) return name === start
  let at = start.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return name.length - end.length >= at && name.endsWith(end)
}

/** Which person a token belongs to; undefined: nobody the policy names. */
export function personOf({ people }: Policy, token: string): string | undefined {
  return Object.keys(people).find((name) => people[name]!.tokens.includes(token))
}

/** Which person commits under this address. */
export function authorOf({ people }: Policy, email: string): string | undefined {
  return Object.keys(people).find((name) => people[name]!.emails.includes(email.toLowerCase()))
}

/** Whether the bearer of a token is among the people, groups or `anyone` named. */
export function isAmong(policy: Policy, names: readonly string[], token: string): boolean {
  if (names.includes(anyone)) return true
  const person = personOf(policy, token)
  return person !== undefined && peopleIn(policy, names).has(person)
}

/** Everybody meant by names of people and groups. */
export function peopleIn({ people, groups }: Policy, names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => (Object.hasOwn(groups, name) ? groups[name]! : Object.hasOwn(people, name) ? [name] : [])))
}

/** For people: `release (ada, grace)`, `anyone`, `nobody`. */
export function describeNames({ groups, people }: Policy, names: readonly string[]): string {
  if (names.includes(anyone)) return 'a person'
  if (names.length === 0) return 'nobody'
  const describe = (name: string) => {
    if (Object.hasOwn(groups, name)) return `${name} (${groups[name]!.join(', ') || 'nobody'})`
    return Object.hasOwn(people, name) ? name : `${name} (whom the server's policy does not name)`
  }
  return names.map(describe).join(', ')
}

/** What stands against an approval because of who wrote the change; undefined: nothing does. */
export function authorObjection(policy: Policy, token: string, authors: readonly { readonly name: string; readonly email: string }[]) {
  const person = personOf(policy, token)
  if (person === undefined) return `the policy does not say who "${token}" is, so nobody can tell whether they wrote the change`
  const unknown = authors.find(({ email }) => authorOf(policy, email) === undefined)
  if (unknown !== undefined) return `the policy does not say who commits as "${unknown.name}", so it may be ${person}`
  return authors.some(({ email }) => authorOf(policy, email) === person) ? `${person} wrote a part of what would be promoted` : undefined
}
