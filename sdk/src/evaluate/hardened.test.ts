import { describe, expect, it } from 'vitest'
import { createEvaluator, type Evaluation } from './evaluator.ts'
import type { EvaluationContext, FlagDefinition } from './flag-set.ts'

const evaluate = (targeting: unknown, context: unknown = {}, $evaluators = {}): Evaluation =>
  createEvaluator({ flags: { flag: flagOf(targeting) }, $evaluators }).evaluate('flag', context as EvaluationContext, false)
const flagOf = (targeting: unknown): FlagDefinition => ({
  state: 'ENABLED',
  variants: { on: true, off: false },
  defaultVariant: 'off',
  targeting,
})
const when = (condition: unknown): unknown => ({ if: [condition, 'on', 'off'] })

describe('what a context holds cannot do harm', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'a.__proto__', 'a.constructor.name'])(
    'nothing is read from a prototype by %s',
    (name) => {
      expect(evaluate(when({ '!!': [{ var: name }] }), { a: {} }).value).toBe(false)
    },
  )

  it('an own member of that name is one like any other', () => {
    expect(evaluate(when({ '==': [{ var: '__proto__.admin' }, true] }), JSON.parse('{"__proto__": {"admin": true}}')).value).toBe(true)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it.each([
    [
      'NaN is smaller, greater and equal to nothing',
      { or: [{ '<': [{ var: 'n' }, 1] }, { '>': [{ var: 'n' }, 1] }, { '==': [{ var: 'n' }, { var: 'n' }] }] },
    ],
    ['an object is equal to no text', { '==': [{ var: 'o' }, '[object Object]'] }],
    ['an object is not asked for its value', { '>': [{ var: 'trap' }, 1] }],
    ['a function is nothing', { var: 'f' }],
  ])('%s', (_, condition) => {
    const trap = {
      valueOf() {
        throw new Error('sprung')
      },
    }
    expect(evaluate(when(condition), { n: Number.NaN, o: {}, trap, f: () => 1 })).toMatchObject({ value: false, errorCode: undefined })
  })

  it('calculating with NaN is an error of this evaluation, with the default as value', () => {
    expect(evaluate(when({ '+': [{ var: 'n' }, 1] }), { n: Number.NaN })).toMatchObject({
      value: false,
      reason: 'ERROR',
      errorCode: 'GENERAL',
    })
  })

  it('a member that throws when it is read is too', () => {
    const context = {
      get id() {
        throw new Error('not today')
      },
    }
    expect(evaluate(when({ var: 'id' }), context)).toMatchObject({ value: false, errorCode: 'GENERAL' })
  })

  it.each([null, undefined, 'text', 7, []])('a context that is none is an empty one: %j', (context) => {
    expect(evaluate(when({ '==': [{ var: 'country' }, 'DE'] }), context)).toMatchObject({ value: false, errorCode: undefined })
  })

  it('a context of a megabyte is one like any other', () => {
    const context = { targetingKey: 'k'.repeat(1_000_000), country: 'DE' }
    expect(evaluate({ if: [{ '==': [{ var: 'country' }, 'DE'] }, { fractional: [['on', 1]] }] }, context).value).toBe(true)
  })
})

describe('what a rule holds cannot do harm', () => {
  const nested = (levels: number): unknown => {
    let rule: unknown = { var: 'a' }
    for (let level = 0; level < levels; level++) rule = { '!': [rule] }
    return when(rule)
  }

  it('sixty levels are evaluated', () => expect(evaluate(nested(60), { a: 1 }).value).toBe(true))

  it.each([100, 100_000])('%i levels are refused', (levels) => {
    expect(evaluate(nested(levels), { a: 1 })).toMatchObject({
      value: false,
      errorCode: 'PARSE_ERROR',
      errorMessage: 'flag "flag": the rule is nested deeper than 64',
    })
  })

  it('shared rules that lead back to themselves are refused', () => {
    expect(evaluate(when({ $ref: 'a' }), {}, { a: { $ref: 'b' }, b: { '!': [{ $ref: 'a' }] } })).toMatchObject({
      errorCode: 'PARSE_ERROR',
      errorMessage: 'flag "flag": shared rules lead back to themselves: a > b > a',
    })
  })

  it('also where they are what the rule comes to', () => {
    const rule = { if: [{ var: 'x' }, { $ref: 'a' }, { $ref: 'a' }] }
    expect(evaluate({ $ref: 'a' }, {}, { a: rule }).errorMessage).toBe('flag "flag": shared rules lead back to themselves: a > a')
  })

  it('shared rules that double each other twenty times are refused', () => {
    const rules = Object.fromEntries(
      Array.from({ length: 20 }, (_, n) => [`r${n}`, { or: [{ $ref: `r${n + 1}` }, { $ref: `r${n + 1}` }] }]),
    )
    expect(evaluate(when({ $ref: 'r0' }), {}, { ...rules, r20: false })).toMatchObject({ errorCode: 'PARSE_ERROR' })
  })

  it('a list within a list within a list ends', () => {
    const list = Array.from({ length: 1_000 }, (_, n) => n)
    const rule = when({ some: [{ var: 'list' }, { some: [list, { some: [list, false] }] }] })
    expect(evaluate(rule, { list })).toMatchObject({ value: false, errorCode: 'GENERAL' })
  })

  it('a text that doubles with every item ends', () => {
    const rule = when({ reduce: [{ var: 'list' }, { cat: [{ var: 'accumulator' }, { var: 'accumulator' }] }, 'x'] })
    expect(evaluate(rule, { list: Array.from({ length: 60 }, () => 1) })).toMatchObject({ value: false, errorCode: 'GENERAL' })
  })

  it('variants named like members of every object are not there', () => {
    expect(evaluate({ if: [true, 'constructor'] })).toMatchObject({ value: false, errorCode: 'GENERAL' })
  })

  it('a faulty flag does not trouble the others', () => {
    const flags = {
      good: flagOf({ if: [true, 'on'] }),
      mixed: { ...flagOf({}), variants: { on: true, off: 'no' } },
      empty: null as unknown as FlagDefinition,
    }
    const evaluator = createEvaluator({ flags })
    expect(evaluator.evaluateAll().map(({ key, value, errorCode }) => [key, value, errorCode])).toEqual([
      ['good', true, undefined],
      ['mixed', undefined, 'PARSE_ERROR'],
      ['empty', undefined, 'PARSE_ERROR'],
    ])
  })

  it.each([null, [], {}, { flags: [] }, { flags: {}, $evaluators: 1 }])('%j is no flag set', (set) => {
    expect(() => createEvaluator(set as never)).toThrow(TypeError)
  })
})

describe('another set', () => {
  const set = (flags: Record<string, unknown>, more = {}) => ({
    flags: Object.fromEntries(Object.entries(flags).map(([key, rule]) => [key, flagOf(rule)])),
    ...more,
  })

  it('says which flags are new, gone or other than before', () => {
    const evaluator = createEvaluator(set({ same: { if: [true, 'on'] }, other: { if: [true, 'on'] }, gone: {} }))
    expect(
      evaluator
        .update(set({ other: { if: [true, 'off'] }, same: { if: [true, 'on'] }, fresh: {} }, { metadata: { version: '2' } }))
        .toSorted(),
    ).toEqual(['fresh', 'gone', 'other'])
    expect(evaluator.keys()).toEqual(['other', 'same', 'fresh'])
    expect(evaluator.evaluate('same')).toMatchObject({ value: true, metadata: { version: '2' } })
    expect(evaluator.evaluate('other')).toMatchObject({ value: false })
  })

  it('counts flags as changed whose shared rules have changed, however long the way', () => {
    const flags = { user: when({ $ref: 'outer' }), bystander: when({ var: 'x' }) }
    const evaluator = createEvaluator(set(flags, { $evaluators: { outer: { '!': [{ $ref: 'inner' }] }, inner: false } }))
    expect(evaluator.evaluate('user').value).toBe(true)
    expect(evaluator.update(set(flags, { $evaluators: { outer: { '!': [{ $ref: 'inner' }] }, inner: true } }))).toEqual(['user'])
    expect(evaluator.evaluate('user').value).toBe(false)
  })

  it('that is none leaves the one that is there', () => {
    const evaluator = createEvaluator(set({ flag: { if: [true, 'on'] } }))
    expect(() => evaluator.update({ flags: 7 } as never)).toThrow(TypeError)
    expect(evaluator.evaluate('flag').value).toBe(true)
  })
})
