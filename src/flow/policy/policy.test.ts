import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { ThreewaysError } from '../../kernel/errors.ts'
import { defaultDocument, readPolicy } from './document.ts'
import { authorObjection, describeNames, isAmong, ruleFor } from './policy.ts'

function faultsIn(text: string): readonly string[] {
  try {
    readPolicy(text, 'policy.yaml')
    return []
  } catch (error) {
    if (!(error instanceof ThreewaysError) || error.code !== 'POLICY_INVALID') throw error
    return error.faults.map(({ line, column, message, help }) => `${line}:${column} ${message} (${help})`)
  }
}

const small = `version: 1
people:
  ada: {emails: [Ada@Example.org]}
  grace: {emails: [grace@example.org], tokens: [grace, phone]}
groups: {release: [ada, grace]}
rules:
  - {streams: [pay*], stages: ["prod*-*1"], auto: true}
  - {approve: {by: [release]}}
`

describe('a policy', () => {
  it('is what docs/policy.md shows', async () => {
    const page = await readFile(path.resolve(import.meta.dirname, '../../../docs/policy.md'), 'utf8')
    const [, example] = /```yaml\n([^]*?)```/.exec(page)!
    const { rules, groups } = readPolicy(example!, 'policy.yaml')
    expect(groups).toEqual({ release: ['ada', 'grace'] })
    expect(rules[0]).toMatchObject({
      auto: false,
      approve: { count: 2, author: 'refused' },
      soakMs: 1_800_000,
      window: [{ zone: 'Europe/Berlin' }],
    })
  })

  it('grants everything to whoever operates where nobody has set one', () => {
    const { rule } = ruleFor(readPolicy(defaultDocument, 'policy.yaml'), 'shop', 'production')!
    expect(rule).toMatchObject({
      auto: true,
      bypass: ['anyone'],
      lift: ['anyone'],
      approve: { by: ['anyone'], count: 0, author: 'allowed' },
    })
  })

  it('is decided by the first rule that fits, and grants nothing that it does not say', () => {
    const policy = readPolicy(small, 'policy.yaml')
    const number = (stream: string, stage: string) => ruleFor(policy, stream, stage)?.number
    expect([number('pay', 'prod-1'), number('payments', 'prod-eu-west-1'), number('pay', 'prod-2'), number('repay', 'prod-1')]).toEqual([
      1, 1, 2, 2,
    ])
    expect(number('pay', 'prod1')).toBe(2)
    expect(ruleFor(policy, 'x', 'y')?.rule).toMatchObject({ auto: false, bypass: [], lift: [], approve: { author: 'refused' } })
    expect(ruleFor({ ...policy, rules: [] }, 'x', 'y')).toBeUndefined()
  })

  it('knows people by their tokens and by their addresses, whatever their case', () => {
    const policy = readPolicy(small, 'policy.yaml')
    expect([isAmong(policy, ['release'], 'phone'), isAmong(policy, ['ada'], 'phone'), isAmong(policy, ['anyone'], 'stranger')]).toEqual([
      true,
      false,
      true,
    ])
    const by = (email: string) => [{ name: 'Somebody', email }]
    expect(authorObjection(policy, 'phone', by('ADA@example.org'))).toBeUndefined()
    expect(authorObjection(policy, 'phone', by('grace@example.org'))).toContain('grace wrote')
    expect(authorObjection(policy, 'stranger', by('ada@example.org'))).toContain('who "stranger" is')
    expect(authorObjection(policy, 'ada', by('new@example.org'))).toContain('commits as "Somebody"')
    expect(describeNames(policy, ['release', 'ada', 'boss'])).toBe(
      "release (ada, grace), ada, boss (whom the server's policy does not name)",
    )
  })

  it('is refused with every fault at its place', () => {
    expect(faultsIn('rules: []')).toEqual([expect.stringContaining('"version" is missing'), expect.stringContaining('1:1 has no rule')])
    expect(faultsIn(small.replace('auto: true', 'aut: true'))).toEqual(['7:45 unknown key "aut" (did you mean "auto"?)'])
    expect(faultsIn(small.replace('[release]}}', '[relase, ada]}}'))).toEqual([
      '8:21 there is nobody named "relase" (did you mean "release"?)',
    ])
    expect(faultsIn(small.replace('release: [ada, grace]', 'ada: [grace, linus]'))).toEqual([
      '5:10 "ada" is a person as well (choose another name for the group)',
      expect.stringContaining('5:23 there is nobody named "linus"'),
      expect.stringContaining('there is nobody named "release"'),
    ])
    expect(faultsIn(small.replace('tokens: [grace, phone]', 'tokens: [ada]'))).toEqual([
      expect.stringContaining('the token "ada" belongs to "ada" already'),
    ])
    expect(faultsIn(small.replace('groups: {release: [ada, grace]}', 'groups: {anyone: [ada], release: [ada]}'))[0]).toContain(
      'stands for everybody',
    )
    expect(faultsIn(small.replace('auto: true', 'window: Mon 08:00-16:00 Europe/Berlim'))).toEqual([
      '7:69 there is no time zone "Europe/Berlim" (did you mean "Europe/Berlin"?)',
    ])
    expect(faultsIn('')).toEqual(['1:1 the file is empty (see the example in docs/policy.md)'])
    expect(faultsIn('a: [')).not.toEqual([])
  })
})
