import { describe, expect, it } from 'vitest'
import type { Flag } from './flag.ts'
import { checkValues, movesOf, otherType, otherValues, type Asked } from './moves.ts'
import { slotsOf } from './slots.ts'
import { flagOf } from './testing.ts'

const standing = (flag: Flag) => ({ flag, slots: slotsOf(flag, {}), revision: 1 })
const flag = (environments: string, variants = '{off: false, on: true}') =>
  flagOf(`flag: x\nowner: a\npurpose: operations\nvariants: ${variants}\nenvironments: ${environments}`)
const moves = (before: string, after: string) =>
  movesOf(standing(flag(before)), flag(after)).map(({ rule, moved, how }) => [rule, moved, how])

describe('who loses what they see', () => {
  const half = '{production: {state: ramp, serve: {on: 50%}}}'
  const ruled = (rule: string) => `{production: {state: ramp, rules: [${rule}], serve: {on: 5%}}}`

  it.each([
    ['is turned off', half, '{production: {state: off, serve: {on: 50%}}}', [[null, 5_000, 'taken']]],
    ['is killed', half, '{production: {state: ramp, killed: true, serve: {on: 50%}}}', [[null, 5_000, 'taken']]],
    ['is on no more', '{production: {state: on, serve: on}}', '{production: {state: ramp, serve: {on: 5%}}}', [[null, 9_500, 'taken']]],
    [
      'is no longer there',
      '{production: {state: on, serve: on}, staging: {state: off}}',
      '{staging: {state: off}}',
      [[null, 10_000, 'gone']],
    ],
    ['has a rule less', ruled('{id: staff, when: {a: 1}, serve: on}'), ruled(''), [['staff', 10_000, 'gone']]],
    [
      'has a rule for others',
      ruled('{id: staff, when: {a: 1}, serve: on}'),
      ruled('{id: staff, when: {a: 2}, serve: on}'),
      [['staff', 10_000, 'other']],
    ],
  ])('is told where a flag %s', (_, before, after, told) => {
    expect(moves(before, after)).toEqual(told)
  })

  it('is nobody where more get it, or nobody saw it', () => {
    expect(moves(half, '{production: {state: on, serve: on}}')).toEqual([])
    expect(moves('{production: {state: off, serve: {on: 50%}}}', '{production: {state: ramp, serve: {on: 5%}}}')).toEqual([])
    // Control that was given is control still.
    expect(moves('{production: {state: ramp, serve: {off: 50%}}}', '{production: {state: off}}')).toEqual([])
  })
})

describe('variants that come to something else', () => {
  const before = flag('{production: {state: ramp, serve: {on: 50%}}, staging: {state: off}}')
  const swapped = flag('{production: {state: ramp, serve: {on: 50%}}, staging: {state: off}}', '{off: true, on: false}')
  const running: Asked = { experiment: 'one', flag: 'x', environment: 'production', state: 'running' }

  it('are told with where units were given them', () => {
    expect(otherValues(standing(before), swapped)).toEqual([
      { variant: 'off', was: false, is: true, environments: ['production', 'staging'] },
      { variant: 'on', was: true, is: false, environments: ['production'] },
    ])
    expect(otherValues(standing(before), before)).toEqual([])
  })

  it('are of another type where they are', () => {
    expect([otherType(before, flag('{a: {state: off}}', '{off: 0, on: 1}')), otherType(before, swapped)]).toEqual(['boolean', undefined])
  })

  it('are refused while an experiment counts what they do', () => {
    expect(() => checkValues(standing(before), swapped, [running])).toThrow(
      'the experiment "one" runs on "x" in production, and its units would see other values: off false would be true, on true would be false',
    )
    for (const other of [{ state: 'planned' }, { state: 'decided' }, { flag: 'y' }] as const)
      expect(() => checkValues(standing(before), swapped, [{ ...running, ...other }])).not.toThrow()
    expect(() => checkValues(standing(before), before, [running])).not.toThrow()
  })
})
