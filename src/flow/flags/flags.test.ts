import { describe, expect, it } from 'vitest'
import { ThreewaysError } from '../../kernel/errors.ts'
import { compile } from './compile.ts'
import { readFlag } from './document.ts'
import { documentOf } from './written.ts'
import type { Flag } from './flag.ts'
import { checkRequirements, checkWrittenOut, wished } from './policy.ts'
import { movesOf } from './moves.ts'
import { touched } from './proposals/rights.ts'
import { slotsOf } from './slots.ts'
import { checkout, flagOf, revised } from './testing.ts'

function faultsIn(text: string): readonly string[] {
  try {
    readFlag(text, 'flag.yaml')
    return []
  } catch (error) {
    if (!(error instanceof ThreewaysError) || error.code !== 'FLAG_INVALID') throw error
    return error.faults.map(({ line, column, message, help }) => `${line}:${column} ${message} (${help})`)
  }
}

const small = (lines: string) => `flag: x\nowner: shop\npurpose: operations\nenvironments: {production: {state: off}}\n${lines}`
const inProduction = (lines: string) => `flag: x\nowner: shop\npurpose: operations\nenvironments:\n  production: ${lines}\n`

describe('a flag in its file', () => {
  it('is read with what is usual', () => {
    expect(flagOf(checkout)).toMatchObject({
      variants: { off: false, on: true },
      control: 'off',
      bucketing: 'fractional-v2',
      bucketBy: 'targetingKey',
      salt: 'checkout-v2',
      environments: { production: { state: 'ramp', serve: { on: 500 } }, staging: { state: 'on', serve: 'on' } },
    })
  })

  it('is written in shares that can be read again', () => {
    const flag = flagOf(inProduction('{state: dark, ready: {differ: 0.23%, fail: 0.29%}}'))
    expect(flagOf(JSON.stringify(documentOf(flag)))).toEqual(flag)
  })

  it('is written again as it was read', () => {
    const flag = flagOf(`${checkout}description: 'costs $5, or $$'`.replace('description: One page instead of three\n', ''))
    expect(flagOf(JSON.stringify(documentOf(flag)))).toEqual(flag)
  })

  it('has variants of one type', () => {
    expect(faultsIn(small('variants: {off: false, on: "yes"}'))).toEqual([
      '5:1 has variants of boolean and string (code asks for one type: give each type a flag of its own)',
    ])
  })

  it('has shares that add up to no more than everybody', () => {
    expect(faultsIn(inProduction('{state: ramp, serve: {on: 60%, off: 40.01%}}'))).toEqual([
      '5:29 shares add up to 100.01% (make them 100% or less: the rest gets control)',
    ])
    expect(faultsIn(inProduction('{state: ramp, serve: {on: 0.001%}}'))[0]).toContain('should be a share such as 5% or 0.25%')
    expect(faultsIn(inProduction('{state: ramp, serve: {on: 101%}}'))[0]).toContain('should be at most 100%')
  })

  it('names variants that it has', () => {
    expect(faultsIn(inProduction('{state: on, serve: onn}'))).toEqual(['5:34 there is no variant "onn" (did you mean "on"?)'])
  })

  it('says when it ends, if it is for a release or an experiment', () => {
    const [fault] = faultsIn('flag: x\nowner: shop\npurpose: release\nenvironments: {production: {state: off}}')
    expect(fault).toContain('a flag for a release ends one day, and this one does not say when')
  })

  it('has conditions that nobody needs an hour to read', () => {
    const deep = `${'{not: '.repeat(20)}{country: DE}${'}'.repeat(20)}`
    expect(faultsIn(inProduction(`{state: on, serve: on, rules: [{id: deep, when: ${deep}, serve: off}]}`))).toEqual([
      expect.stringContaining('is nested more than 16 deep (take it apart into several rules)'),
    ])
    expect(
      faultsIn(
        inProduction(`{state: on, serve: on, rules: [{id: deep, when: ${'{not: '.repeat(100)}{a: 1}${'}'.repeat(100)}, serve: off}]}`),
      )[0],
    ).toContain('more than 40 levels deep')
    const wrong = '{id: a, when: {country: {matches: "(a+)+$"}, age: {above: old}, tags: []}, serve: off}'
    expect(faultsIn(inProduction(`{state: on, serve: on, rules: [${wrong}]}`))).toEqual([
      expect.stringContaining('there is no operator "matches" (the operators are in, not,'),
      expect.stringContaining('should be a number'),
      expect.stringContaining('is empty, so it fits nobody'),
    ])
  })

  it('does not say of a state what would never be true', () => {
    expect(faultsIn(inProduction('{state: on, serve: {on: 5%}}'))[0]).toContain('on serves one variant, and this serves shares')
    expect(faultsIn(inProduction('{state: ramp, serve: on}'))[0]).toContain('a ramp serves shares')
    expect(faultsIn(inProduction('{state: off, sample: 5%}'))[0]).toContain('only what is dark is rehearsed')
  })

  it('is not called like something that every object has', () => {
    expect(faultsIn(small('').replace('flag: x', 'flag: __proto__'))[0]).toContain('should be letters')
    expect(faultsIn(small('variants: {__proto__: true, on: true}'))).not.toEqual([])
  })
})

describe("a flag in flagd's format", () => {
  it('is the same for every flagd', () => {
    expect(compile([revised(flagOf(checkout), 7)], 'production', 12)).toEqual({
      flags: {
        'checkout-v2': {
          state: 'ENABLED',
          variants: { off: false, on: true },
          defaultVariant: 'off',
          targeting: {
            if: [
              { ends_with: [{ var: ['email'] }, '@example.org'] },
              'on',
              {
                and: [
                  { in: [{ var: ['country'] }, ['DE', 'AT']] },
                  { and: [{ '!==': [{ var: ['age'] }, null] }, { '>=': [{ var: ['age'] }, 18] }] },
                ],
              },
              fractional('checkout-v2', ['on', 2_000], ['off', 8_000]),
              fractional('checkout-v2', ['on', 500], ['off', 9_500]),
            ],
          },
          metadata: {
            'tw.state': 'ramp',
            'tw.rev': 7,
            'tw.owner': 'shop',
            'tw.purpose': 'release',
            'tw.control': 'off',
            'tw.bucketing': 'fractional-v2',
            'tw.rules': 'staff,germany,ramp',
            'tw.expires': '2027-03-31',
            'tw.service': 'checkout',
          },
        },
      },
      metadata: { flagSetId: 'production', version: '12' },
    })
  })

  it('gives control to everybody while it is off, dark or killed', () => {
    const flag = flagOf(checkout)
    for (const wish of [{ state: 'off' }, { state: 'dark', sample: 1_000 }, { killed: true }] as const) {
      const { flag: now } = wished(flag, { environment: 'production', ...wish })
      const shown = compile([revised(now)], 'production', 1).flags['checkout-v2']!
      expect([shown.defaultVariant, shown.targeting]).toEqual(['off', undefined])
    }
    const dark = wished(flag, { environment: 'production', state: 'dark', sample: 1_000 }).flag
    expect(compile([revised(dark)], 'production', 1).flags['checkout-v2']!.metadata).toMatchObject({
      'tw.state': 'dark',
      'tw.dark.sample': 1_000,
    })
  })

  it('does not stand where the flag says nothing of the environment', () => {
    expect(compile([revised(flagOf(checkout))], 'dev', 1).flags).toEqual({})
  })

  it('holds what it requires, written out', () => {
    const needed = flagOf(checkout)
    const needs = flagOf(inProduction('{state: on, serve: on}') + 'requires: [{flag: checkout-v2, variant: on}]')
    const { targeting } = compile([revised(needed), revised(needs)], 'production', 1).flags['x']!
    expect(targeting).toEqual({ if: [{ '!': [{ '===': [expect.objectContaining({ if: expect.anything() }), 'on'] }] }, 'off', 'on'] })
    expect(JSON.stringify(targeting)).toContain('"checkout-v2"')
  })
})

describe('what somebody wishes of a flag', () => {
  const flag = flagOf(checkout)
  const wish = (wanted: object) => wished(flag, { environment: 'production', ...wanted })

  it('is a ramp where it names a share, and on where it names a variant', () => {
    expect(wish({ serve: { on: 2_500 } })).toMatchObject({ change: 'ramp', flag: { environments: { production: { state: 'ramp' } } } })
    expect(wish({ serve: 'on' })).toMatchObject({ change: 'state', flag: { environments: { production: { state: 'on' } } } })
    expect(wish({ state: 'on' }).flag.environments['production']!.serve).toBe('on')
  })

  it('changes the shares that it names, and leaves the others', () => {
    const colours = flagOf(
      'flag: x\nowner: a\npurpose: operations\nvariants: {a: 1, b: 2, c: 3}\ncontrol: a\nenvironments: {production: {state: ramp, serve: {b: 10%, c: 20%}}}',
    )
    const served = (serve: object) =>
      wished(colours, { environment: 'production', serve: serve as never }).flag.environments['production']!.serve
    expect(served({ c: 3_000 })).toEqual({ b: 1_000, c: 3_000 })
    expect(served({ b: 0 })).toEqual({ c: 2_000 })
    const plan = { variant: 'c', steps: [{ share: 2_500, holdMs: 1_000 }], step: 0, since: null, paused: null, guardrails: [] }
    expect(wished(colours, { environment: 'production', plan }).flag.environments['production']!.serve).toEqual({ b: 1_000, c: 2_500 })
  })

  it('moves nobody who sees a variant, unless it takes something away', () => {
    const before = { flag, slots: slotsOf(flag, {}), revision: 1 }
    expect(movesOf(before, wish({ serve: { on: 2_500 } }).flag)).toEqual([])
    expect(movesOf(before, wish({ serve: { on: 100 } }).flag)).toEqual([
      { environment: 'production', rule: null, moved: 400, how: 'taken' },
    ])
    expect(movesOf(before, { ...flag, salt: 'other' })).toEqual([
      { environment: 'production', rule: null, moved: 500, how: 'diced' },
      { environment: 'production', rule: 'germany', moved: 2_000, how: 'diced' },
    ])
  })
})

it('whoever comes into a layer, or is held, gets something else', () => {
  const flag = flagOf('flag: x\nowner: a\npurpose: operations\nenvironments: {production: {state: on, serve: on}}')
  expect(touched(flag, flag)).toEqual([])
  expect(touched(flag, { ...flag, layer: 'checkout' })).toEqual(['production'])
  expect(touched({ ...flag, holds: { owner: 'a' } }, { ...flag, holds: 'experiments' })).toEqual(['production'])
})

it('a second flag in a file is refused, with where to put it', () => {
  expect(() => flagOf(`${checkout}---\nflag: b\n`)).toThrow(
    expect.objectContaining({ help: 'a file holds one flag: move what follows the "---" into a file of its own' }),
  )
})

describe('flags that require each other', () => {
  const one = (name: string, ...requires: readonly string[]): Flag =>
    flagOf(
      `flag: ${name}\nowner: a\npurpose: operations\nenvironments: {production: {state: on, serve: on}}\nrequires: [${requires.map((flag) => `{flag: ${flag}, variant: on}`).join(', ')}]`,
    )
  const others = (...flags: readonly Flag[]) => new Map(flags.map((flag) => [flag.flag, flag]))

  it('are refused in a circle, and named', () => {
    expect(() => checkRequirements(one('a', 'b'), others(one('a'), one('b', 'c'), one('c', 'a')))).toThrow('in a circle: a → b → c → a')
  })

  it('are refused where nobody could meet them', () => {
    expect(() => checkRequirements(one('a', 'bb'), others(one('b')))).toThrow('requires "bb", which is no flag')
    // However they came to be: the last one may be changed alone.
    const chain = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, at, all) => one(name, ...all.slice(at + 1, at + 2)))
    const longer = others(...chain.slice(0, -1), one('f', 'g'), one('g'))
    expect(() => checkWrittenOut(others(...chain))).not.toThrow()
    expect(() => checkWrittenOut(longer, others(...chain))).toThrow('"a" requires flags that require flags, 6 deep')
    expect(() => checkWrittenOut(longer, longer)).not.toThrow()
    const wrong = { ...one('a', 'b'), requires: [{ flag: 'b', variant: 'maybe' }] }
    expect(() => checkRequirements(wrong, others(one('b')))).toThrow('which is no variant of it')
  })

  it('are refused where a few would be written out a thousand times', () => {
    const asking = (name: string, next: string): Flag => {
      const variants = Array.from({ length: 20 }, (_, n) => `v${n}`)
      return {
        ...one(name),
        variants: Object.fromEntries(variants.map((variant) => [variant, true])),
        requires: variants.map((variant) => ({ flag: next, variant })),
      }
    }
    expect(() => checkWrittenOut(others(asking('a', 'b'), asking('b', 'c'), one('c')))).toThrow('420 other flags would be written into "a"')
    const twice = flagOf.bind(
      undefined,
      'flag: x\nowner: a\npurpose: operations\nenvironments: {production: {state: on, serve: on, rules: [{id: r, when: {$flag: {b: [on, on]}}, serve: on}]}}',
    )
    expect(twice).toThrow('should be flags and the variants that they may come to')
  })
})

const fractional = (salt: string, ...arms: readonly (readonly [string, number])[]) => ({
  if: [{ var: ['targetingKey'] }, { fractional: [{ cat: [salt, { var: ['targetingKey'] }] }, ...arms] }, null],
})
