import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEvaluator } from '../../../sdk/src/evaluate/evaluator.ts'
import { ThreewaysError } from '../../kernel/errors.ts'
import { compile, type Revised } from './compile.ts'
import { readFlag } from './document.ts'
import { checkExclusion, checkKept } from './exclusion.ts'
import { carriedOver } from './carry-over.ts'
import type { Flag } from './flag.ts'
import { wished } from './policy.ts'
import { slotsOf } from './slots.ts'
import { documentOf } from './written.ts'
import { flagOf, revised } from './testing.ts'

const ramp = (serve: string) => `environments: {production: {state: ramp, serve: ${serve}}}`
const layer = (serve: string, more = '') => flagOf(`flag: checkout\nowner: shop\npurpose: layer\n${ramp(serve)}\n${more}`)
const experiment = (name: string, more = 'layer: checkout', serve = '{on: 50%, off: 50%}') =>
  flagOf(`flag: ${name}\nowner: shop\npurpose: experiment\nexpires: 2027-03-31\n${ramp(serve)}\n${more}`)
const holdout = (holds = 'experiments', serve = '{held: 10%}') =>
  flagOf(`flag: quarter\nowner: shop\npurpose: holdout\nexpires: 2027-03-31\nholds: ${holds}\n${ramp(serve)}`)
const named = (...flags: readonly Flag[]) => new Map(flags.map((flag) => [flag.flag, flag]))

function faultsIn(text: string): readonly string[] {
  try {
    readFlag(text, 'flag.yaml')
    return []
  } catch (error) {
    if (!(error instanceof ThreewaysError)) throw error
    return error.faults.map(({ message, help }) => `${message} (${help})`)
  }
}

/** What each of some thousand units gets of each flag, and by which rule. */
function asked(flags: readonly Revised[], units = 2_000) {
  const evaluator = createEvaluator(compile(flags, 'production', 1))
  return Array.from({ length: units }, (_, unit) =>
    Object.fromEntries(evaluator.evaluateAll({ targetingKey: `unit-${unit}` }).map(({ key, variant, rule }) => [key, { variant, rule }])),
  )
}

describe('a layer in its file', () => {
  it('has the flags that own its slots as variants, and is written as it was read', () => {
    const flag = layer('{one: 30%, two: 20%}')
    expect(flag).toMatchObject({ control: 'none', variants: { none: 'none', one: 'one', two: 'two' } })
    for (const each of [flag, holdout(), holdout('{layer: checkout}'), holdout('{owner: shop}'), experiment('one')])
      expect(flagOf(JSON.stringify(documentOf(each)))).toEqual(each)
  })

  it('is given to no more than everybody, and names who would own it', () => {
    expect(faultsIn(`flag: checkout\nowner: shop\npurpose: layer\n${ramp('{one: 60%, two: 50%}')}`)).toEqual([
      '110% of the layer would be owned: one 60%, two 50% (a slot has one owner: make them 100% or less, or ask in another layer)',
    ])
  })

  it('does nothing but dice', () => {
    const wrong = `flag: c\nowner: a\npurpose: layer\nlayer: d\nvariants: {x: 1, none: 2}\ncontrol: none\nrequires: [{flag: y, variant: on}]\nenvironments: {production: {state: on, serve: x, rules: [{id: a, when: {b: c}, serve: x}]}}`
    expect(faultsIn(wrong).map((one) => one.split(' (')[0])).toEqual([
      'a layer is in no layer',
      'a layer has no variants of its own',
      'a layer requires nothing',
      'a layer dices, or is off',
      'a layer dices everybody alike, without rules',
    ])
  })

  it('is one', () => {
    expect(faultsIn(`flag: x\nowner: a\npurpose: operations\nlayer: [one, two]\nenvironments: {production: {state: off}}`)[0]).toContain(
      'should be the name of one layer',
    )
  })
})

describe('a holdout in its file', () => {
  const written = (holds: string, serve: string, more = '') => `flag: q\nowner: shop\npurpose: holdout\n${holds}\n${ramp(serve)}\n${more}`
  it('ends, says what it holds, and does not hold everybody', () => {
    expect(faultsIn(written('holds: experiments', '{held: 5%}'))[0]).toContain('a flag for a holdout ends one day')
    expect(faultsIn(written('expires: 2027-01-01', '{held: 5%}'))[0]).toContain('does not say what its units are kept out of')
    expect(faultsIn(written('expires: 2027-01-01\nholds: experiments', '{held: 100%}'))[0]).toContain('holds everybody')
  })
})

describe('flags of a layer', () => {
  const all = (layers: string, ...flags: readonly Flag[]) => named(layer(layers), ...flags)
  const names = new Set(['checkout', 'one', 'two'])

  it('are refused where the layer gave them nothing', () => {
    expect(() => checkExclusion(names, named(experiment('one')))).toThrow('is to be in the layer "checkout", which is no flag')
    expect(() => checkExclusion(names, named(experiment('one'), experiment('checkout', '')))).toThrow('which is a flag for experiment')
    expect(() => checkExclusion(names, all('{one: 30%}', experiment('one'), experiment('two')))).toThrow(
      '"two" owns no slots of the layer "checkout" in "production"',
    )
    expect(() => checkExclusion(names, all('{one: 30%, two: 20%}', experiment('one'), experiment('two')))).not.toThrow()
  })

  it('are of the same unit, and diced apart', () => {
    expect(() => checkExclusion(names, all('{one: 30%}', experiment('one', 'layer: checkout\nbucketBy: company')))).toThrow(
      'the layer "checkout" dices by targetingKey, and "one" by company',
    )
    expect(() => checkExclusion(names, all('{one: 30%}', experiment('one', 'layer: checkout\nsalt: checkout')))).toThrow(
      'has the salt of the layer',
    )
  })

  it('are in one layer, and name it', () => {
    expect(() => checkExclusion(names, all('{one: 30%}', experiment('one', 'layer: other')))).toThrow('which is no flag')
    const other = { ...layer('{one: 30%}'), flag: 'other', salt: 'other' }
    expect(() => checkExclusion(names, new Map([...all('{one: 30%}', experiment('one', 'layer: other')), ['other', other]]))).toThrow(
      '"one" is in the layer "other", and cannot be in "checkout" as well',
    )
    expect(() => checkExclusion(names, all('{one: 30%}', experiment('one', '')))).toThrow('does not name the layer')
    expect(() => checkExclusion(names, all('{once: 30%}', experiment('one', '')))).toThrow('gives slots to "once", which is no flag')
  })

  it('keep their slots while they dice', () => {
    const [before, after] = [all('{one: 30%, two: 70%}', experiment('one')), all('{one: 20%, two: 80%}', experiment('one'))]
    const slots = () => slotsOf(before.get('checkout')!, {})
    expect(() => checkKept(new Set(['checkout']), before, after, slots)).toThrow(
      '10% of the layer "checkout" in "production" would be taken from "one"',
    )
    const ended = wished(experiment('one'), { environment: 'production', state: 'off' }).flag
    expect(() => checkKept(new Set(['checkout']), named(...before.values(), ended), named(...after.values(), ended), slots)).not.toThrow()
    expect(() => checkKept(new Set(['one']), before, all('{one: 30%, two: 70%}', experiment('one', '')), slots)).toThrow(
      'would leave the layer "checkout"',
    )
  })

  it('give control to whoever is outside their share, and say so', () => {
    const one = experiment('one')
    const { targeting, metadata } = compile([revised(layer('{one: 30%}')), revised(one)], 'production', 1).flags['one']!
    expect(metadata['tw.rules']).toBe('layer:checkout,ramp')
    expect(targeting).toEqual({
      if: [
        { '!': [{ '===': [split('checkout', ['one', 3_000], ['none', 7_000]), 'one'] }] },
        'off',
        split('one', ['on', 5_000], ['off', 5_000]),
      ],
    })
    const units = asked([revised(layer('{one: 30%}')), revised(one)])
    const inside = units.filter((unit) => unit['one']!.rule === 'ramp')
    expect(inside.length / units.length).toBeCloseTo(0.3, 1)
    // Within the share the arms are as large as they should be: the layer and the flag dice apart.
    expect(inside.filter((unit) => unit['one']!.variant === 'on').length / inside.length).toBeCloseTo(0.5, 1)
    expect(units.every((unit) => unit['one']!.rule === 'ramp' || unit['one']!.variant === 'off')).toBe(true)
    expect(createEvaluator(compile([revised(layer('{one: 100%}')), revised(one)], 'production', 1)).evaluateAll({})[1]).toMatchObject({
      variant: 'off',
    })
  })

  it('say what their units were in before', () => {
    const life = [] as { flag: Flag; slots: ReturnType<typeof slotsOf>; at: string }[]
    for (const [at, serve] of [
      ['2026-01-01', '{one: 30%}'],
      ['2026-02-01', '{}'],
      ['2026-03-01', '{two: 40%}'],
    ] as const) {
      const flag = layer(serve)
      life.unshift({ flag, slots: slotsOf(flag, life[0]?.slots ?? {}), at: `${at}T00:00:00.000Z` })
    }
    expect(carriedOver(life, 'production')).toEqual([{ flag: 'two', from: 'one', slots: 3_000, until: '2026-02-01T00:00:00.000Z' }])
  })
})

describe('a holdout', () => {
  it('is refused over what dices already, unless it is smaller', () => {
    const flags = [experiment('one', '')]
    const none = () => ({})
    expect(() => checkKept(new Set(['quarter']), named(...flags), named(...flags, holdout()), none)).toThrow(
      'the holdout "quarter" would take 10% of the units out of it',
    )
    const larger = named(...flags, holdout('experiments', '{held: 20%}'))
    expect(() => checkKept(new Set(['quarter']), larger, named(...flags, holdout()), none)).not.toThrow()
    expect(() => checkExclusion(new Set(['quarter']), named(holdout('{layer: checkout}')))).toThrow(
      'holds the layer "checkout", which is no layer',
    )
    expect(() => checkExclusion(new Set(['one']), named(holdout(), experiment('one', 'bucketBy: company')))).toThrow(
      'the holdout "quarter" dices by',
    )
  })

  it('holds the same units out of all that it is over, also when it is on for all, and nothing else', () => {
    const on = flagOf(
      'flag: done\nowner: shop\npurpose: experiment\nexpires: 2027-03-31\nenvironments: {production: {state: on, serve: on}}',
    )
    const release = flagOf('flag: free\nowner: shop\npurpose: operations\nenvironments: {production: {state: on, serve: on}}')
    const units = asked([holdout(), experiment('one', ''), on, release].map((flag) => revised(flag)))
    const held = units.filter((unit) => unit['quarter']!.variant === 'held')
    expect(held.length / units.length).toBeCloseTo(0.1, 1)
    for (const unit of units) {
      const isHeld = unit['quarter']!.variant === 'held'
      expect([unit['one']!.rule, unit['done']!.rule].map((rule) => rule === 'holdout:quarter')).toEqual([isHeld, isHeld])
      expect(unit['done']!.variant).toBe(isHeld ? 'off' : 'on')
      expect(unit['free']!.variant).toBe('on')
    }
  })
})

describe('experiments of a layer that come and go', () => {
  const flags = ['a', 'b', 'c', 'd'] as const
  const step = fc.record({ flag: fc.constantFrom(...flags), share: fc.integer({ min: 0, max: 6_000 }) })

  it('never meet in a unit, never show a held one anything, and move nobody when another one joins or leaves', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 4_000 }), (steps, share) => {
        const quarter = revised({
          ...holdout('{layer: checkout}'),
          environments: { production: { ...holdout().environments['production']!, serve: { held: share } } },
        })
        let shares: Readonly<Record<string, number>> = {}
        let slots = {}
        let before: ReturnType<typeof asked> | undefined
        for (const { flag, share } of steps) {
          const others = Object.entries(shares).filter(([name, owned]) => name !== flag && owned > 0)
          const owned = Math.min(share, 10_000 - others.reduce((sum, [, slots]) => sum + slots, 0))
          shares = Object.fromEntries([...others, ...(owned > 0 ? [[flag, owned] as const] : [])])
          const checkout = wished(layer('{}'), { environment: 'production', serve: shares }).flag
          slots = slotsOf(checkout, slots)
          const now = asked([{ flag: checkout, slots, revision: 1 }, quarter, ...flags.map((name) => revised(experiment(name)))], 300)
          for (const [unit, given] of now.entries()) {
            const inside = flags.filter((name) => given[name]!.rule === 'ramp')
            if (inside.length > 1) throw new Error(`unit ${unit} is in ${inside.join(' and ')}`)
            if (given['quarter']!.variant === 'held' && inside.length > 0) throw new Error(`unit ${unit} is held, and in ${inside[0]}`)
            for (const name of flags) {
              const was = before?.[unit]![name]
              if (name !== flag && was !== undefined && (was.rule !== given[name]!.rule || was.variant !== given[name]!.variant))
                throw new Error(`unit ${unit} was moved in ${name} when ${flag} changed`)
            }
          }
          before = now
        }
      }),
      { numRuns: 80 },
    )
  })
})

const split = (salt: string, ...arms: readonly (readonly [string, number])[]) => ({
  if: [{ var: ['targetingKey'] }, { fractional: [{ cat: [salt, { var: ['targetingKey'] }] }, ...arms] }, null],
})
