import { expect, it } from 'vitest'
import { changesOf, type Revision } from './history.ts'

type Stand = Revision['stands'][number]
const plan = { steps: ['5%', '25%', '100%'], step: 0, paused: null }
const stand = (more: Partial<Stand> = {}): Stand => ({
  environment: 'production',
  state: 'ramp',
  killed: false,
  serve: { on: '5%' },
  plan: null,
  ...more,
})
const told = (is: Partial<Stand> | undefined, was: Partial<Stand>, purpose: 'release' | 'layer' = 'release') =>
  changesOf(
    { stands: is === undefined ? [] : [stand(is)] } as unknown as Revision,
    { stands: [stand(was)] } as unknown as Revision,
    purpose,
  )

it.each([
  ['a share', { serve: { on: '9%' } }, {}, ['production: ramping on 5 % → ramping on 9 %']],
  ['a plan', { plan }, {}, ['production: ramping on 5 %, by a plan of 5 %, 25 %, 100 %']],
  ['a step', { plan: { ...plan, step: 1 }, serve: { on: '25%' } }, { plan }, ['production: ramping on 5 % → ramping on 25 %, step 2 of 3']],
  ['a pause', { plan: { ...plan, paused: 'errors rise' } }, { plan }, ['production: ramping on 5 %, step 1 of 3 waits']],
  [
    'a plan that goes on',
    { plan },
    { plan: { ...plan, paused: 'errors rise' } },
    ['production: ramping on 5 %, step 1 of 3 goes on, held anew'],
  ],
  ['a plan that ends', {}, { plan }, ['production: ramping on 5 %, its plan ends']],
  [
    'what is changed while it is killed',
    { killed: true, serve: { on: '9%' } },
    { killed: true },
    ['production, while killed: ramping on 5 % → ramping on 9 %'],
  ],
  ['an environment that goes', undefined, {}, ['production: no longer there']],
  ['nothing', {}, {}, []],
] as const)('says what a revision changed: %s', (_, is, was, words) => {
  expect(told(is, was)).toEqual(words)
})

it('does not call a layer ramping', () => {
  expect(told({ serve: { one: '9%' } }, {}, 'layer')).toEqual(['production: in force on 5 % → in force one 9 %'])
})
