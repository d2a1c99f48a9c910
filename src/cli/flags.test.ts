import { expect, it } from 'vitest'
import { contextFrom, flagsIn, standing, type FlagRow } from './flags.ts'

it('an attribute may be said to be text', () => {
  expect(contextFrom(['zip=01234', 'zip2="01234"', 'yes="true"', 'name=ada', 'empty=""'])).toEqual({
    zip: 1234,
    zip2: '01234',
    yes: 'true',
    name: 'ada',
    empty: '',
  })
})

const setting = { environment: 'production', state: 'ramp', killed: false, serve: { on: '5%' }, rules: [], sample: '100%', plan: null }

it('a killed flag shows what it goes back to', () => {
  expect(standing({ ...setting, killed: true })).toBe('killed (ramp: on 5%)')
})

it('an environment that no flag knows is refused, with a near one', () => {
  const flags = [{ flag: 'x', environments: [setting, { ...setting, environment: 'staging' }] } as unknown as FlagRow]
  expect(flagsIn(flags, 'staging')[0]!.environments).toHaveLength(1)
  expect(() => flagsIn(flags, 'prodction')).toThrow(expect.objectContaining({ help: 'did you mean "production"?' }))
})
