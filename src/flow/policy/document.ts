import { z } from 'zod'
import type { Fault } from '../../kernel/errors.ts'
import { readDocument, refusedDocument } from '../definition/document.ts'
import { faultsOf } from '../definition/issues.ts'
import { pointerOf, type Places } from '../definition/places.ts'
import { Freezes, freezeMeta, Soak, Windows, windowMeta } from '../definition/schema/gate.ts'
import { Bytes, Cpus } from '../definition/schema/values.ts'
import { suggestion } from '../definition/suggest.ts'
import { anyone, type Policy } from './policy.ts'

const nameRule = 'should be letters, digits and @.+-_ only, at most 64'
const Name = z.string().regex(/^[\w@.+-]{1,64}$/, nameRule)
const Names = z.array(Name).max(200).default([])
const patternRule = 'should be a name, with "*" for any characters'
const Patterns = z
  .array(z.string().regex(/^[\w@.+*-]{1,64}$/, patternRule))
  .min(1, 'names nothing')
  .default(['*'])
const who = (description: string) =>
  Names.meta({ description: `${description} Names of people and groups, or \`anyone\`.`, examples: [['release']] })
const Email = z
  .string()
  .regex(/^\S+@\S+$/, 'should be an e-mail address')
  .max(320)
  .transform((address) => address.toLowerCase())

const Person = z.strictObject({
  tokens: z.array(Name).max(50).optional().meta({ description: "Names of this person's tokens. [default: the person's name]" }),
  emails: z
    .array(Email)
    .max(50)
    .default([])
    .meta({ description: 'Addresses this person commits under.', examples: [['ada@example.org']] }),
})

const Rule = z.strictObject({
  streams: Patterns.meta({ description: 'Value streams it is about.' }),
  stages: Patterns.meta({ description: 'Stages it is about.', examples: [['production']] }),
  auto: z.boolean().default(false).meta({ description: 'Automation may promote where the definition says `auto: true`.' }),
  approve: z
    .strictObject({
      by: who('Who may approve and reject.'),
      count: z.int().min(0).max(20).default(0).meta({ description: 'So many approvals are needed, whatever the definition asks.' }),
      author: z
        .enum(['refused', 'allowed'])
        .default('refused')
        .meta({ description: 'Whether who wrote a part of what would be promoted may approve it.' }),
      reason: z.enum(['optional', 'required']).default('optional').meta({ description: 'Whether an approval must say why.' }),
    })
    .prefault({})
    .meta({ description: 'Approvals.' }),
  bypass: who(
    'Who may let a candidate in before its soak time is over, before copies of requests have shown enough, or outside the change windows.',
  ),
  lift: who('Who may lift holds.'),
  soak: Soak.optional().meta({ description: 'Least soak time, whatever the definition asks.', examples: ['30m'] }),
  window: Windows.optional().meta(windowMeta),
  freeze: Freezes.optional().meta(freezeMeta),
})

const FlagRule = z.strictObject({
  flags: Patterns.meta({ description: 'Flags it is about.' }),
  environments: Patterns.meta({ description: 'Environments it is about.', examples: [['production']] }),
  change: Names.default([anyone]).meta({ description: 'Who may change or propose to change how they stand. [default: anyone]' }),
  approve: z
    .strictObject({
      by: Names.default([anyone]).meta({ description: 'Who may agree. [default: anyone]' }),
      count: z.int().min(0).max(20).default(0).meta({ description: 'So many others have to agree.' }),
    })
    .prefault({})
    .meta({ description: 'Four eyes.' }),
})

const MaybeEmpty = z.union([Person, z.null().transform(() => Person.parse({}))])

const many = (description: string) => z.int().min(0).max(10_000).optional().meta({ description })

const QuotasFile = z.strictObject({
  environments: z
    .strictObject({ total: many('In all.'), stream: many('Of one value stream.'), person: many('Of one person.') })
    .prefault({})
    .meta({ description: 'Environments at once that people asked for with `threeways env up`. Those of stages do not count.' }),
  memory: Bytes.optional().meta({ description: 'Sum of the memory limits of everything that is awake.', examples: ['8g'] }),
  cpus: Cpus.optional().meta({ description: 'Sum of the processor limits of everything that is awake.', examples: [4] }),
})

export const PolicyFile = z.strictObject({
  version: z.literal(1).meta({ description: 'Version of this format.' }),
  people: z.record(Name, MaybeEmpty).default({}).meta({ description: 'Who people are to this server and to git.' }),
  groups: z
    .record(Name, z.array(Name).max(500))
    .default({})
    .meta({ description: 'Groups of people.', examples: [{ release: ['ada'] }] }),
  quotas: QuotasFile.optional().meta({ description: 'What environments may take. Left out: as much as there is.' }),
  flags: z
    .array(FlagRule)
    .max(200)
    .default([])
    .meta({ description: 'Who may change flags. The first that fits decides; where none fits, whoever has the scope `operate`.' }),
  rules: z.array(Rule).min(1, 'has no rule: nothing could be promoted').max(200).meta({ description: 'The first that fits decides.' }),
})

/** What holds on a server whose policy nobody has set: whoever may operate it may everything, as on one's own machine. */
export const defaultDocument = `# Nobody has set a policy on this server. Whoever has a token with the scope "operate" may everything.
version: 1
rules:
  - auto: true
    approve: {by: [anyone], author: allowed}
    bypass: [anyone]
    lift: [anyone]
`

/**
 * Reads a policy. Pure. Every fault is found in one go, each with line, column and what to do.
 * @param file - its name, for the faults
 * @throws ThreewaysError `POLICY_INVALID` with `faults`
 */
export function readPolicy(text: string, file: string): Policy {
  const { value, places, faults: written, broken } = readDocument(text, file)
  if (broken) throw refusal(written, file)
  const parsed = PolicyFile.safeParse(value)
  if (!parsed.success) throw refusal([...written, ...faultsOf(parsed.error, PolicyFile, value, places)], file)
  const meaning = [...written, ...namesNobodyHas(parsed.data, places), ...sharedIdentities(parsed.data, places)]
  if (meaning.length > 0) throw refusal(meaning, file)
  return policyOf(parsed.data)
}

type File = z.output<typeof PolicyFile>

function policyOf({ people, groups, rules, quotas, flags }: File): Policy {
  return {
    flags,
    ...(quotas === undefined ? {} : { quotas: { environments: quotas.environments, memoryBytes: quotas.memory, cpus: quotas.cpus } }),
    people: Object.fromEntries(
      Object.entries(people).map(([name, person]) => [name, { tokens: person.tokens ?? [name], emails: person.emails }]),
    ),
    groups,
    rules: rules.map(({ soak, freeze, window, ...rule }) => ({ ...rule, soakMs: soak ?? 0, window, freeze: freeze ?? [] })),
  }
}

/** A right for a name that nobody has would be a right for nobody, or for whoever gets that name later. */
function namesNobodyHas({ people, groups, rules, flags }: File, places: Places): readonly Fault[] {
  const faults: Fault[] = []
  const persons = Object.keys(people)
  const check = (names: readonly string[], known: readonly string[], path: readonly PropertyKey[]) => {
    for (const [at, name] of names.entries()) {
      if (known.includes(name)) continue
      const help = suggestion(name, known, 'add it under people:')
      faults.push(places.atValue(pointerOf([...path, at]), { message: `there is nobody named "${name}"`, value: name, help }))
    }
  }
  for (const [group, members] of Object.entries(groups)) {
    check(members, persons, ['groups', group])
    if (group !== anyone && !persons.includes(group)) continue
    const message = group === anyone ? '"anyone" stands for everybody' : `"${group}" is a person as well`
    faults.push(places.atKey(pointerOf(['groups', group]), { message, help: 'choose another name for the group' }))
  }
  if (persons.includes(anyone)) {
    faults.push(places.atKey('/people/anyone', { message: '"anyone" stands for everybody', help: 'choose another name for the person' }))
  }
  const all = [...persons, ...Object.keys(groups), anyone]
  for (const [index, rule] of flags.entries()) {
    check(rule.change, all, ['flags', index, 'change'])
    check(rule.approve.by, all, ['flags', index, 'approve', 'by'])
  }
  for (const [index, rule] of rules.entries()) {
    check(rule.approve.by, all, ['rules', index, 'approve', 'by'])
    check(rule.bypass, all, ['rules', index, 'bypass'])
    check(rule.lift, all, ['rules', index, 'lift'])
  }
  return faults
}

/** Whoever shows a token or an address must be one person, or nobody can tell an author from an approver. */
function sharedIdentities({ people }: File, places: Places): readonly Fault[] {
  const faults: Fault[] = []
  const holders = new Map<string, string>()
  for (const [name, person] of Object.entries(people)) {
    const claims = [
      ...(person.tokens ?? [name]).map((token) => ({ claim: `token "${token}"`, path: ['people', name, 'tokens'] })),
      ...person.emails.map((email) => ({ claim: `address "${email}"`, path: ['people', name, 'emails'] })),
    ]
    for (const { claim, path } of claims) {
      const other = holders.get(claim)
      if (other !== undefined && other !== name) {
        const message = `the ${claim} belongs to "${other}" already`
        faults.push(places.atKey(pointerOf(path), { message, help: 'give it to one of them' }))
      }
      holders.set(claim, name)
    }
  }
  return faults
}

const refusal = (faults: readonly Fault[], file: string) =>
  refusedDocument('POLICY_INVALID', faults, { file, help: 'see the example in docs/policy.md' })
