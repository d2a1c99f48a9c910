import { expect, it } from 'vitest'
import type { Asked } from './moves.ts'
import { notesOf } from './notes.ts'
import { flagOf } from './testing.ts'

const now = Date.parse('2026-11-27T12:00:00Z')
const held = (until: string) =>
  flagOf(
    `flag: x\nowner: a\npurpose: operations\nenvironments: {production: {state: ramp, ramp: {steps: [{share: 5%, until: ${until}}, {share: 100%}]}}}`,
  )
const asked = (experiment: string, flag = 'x', environment = 'production'): Asked => ({ experiment, flag, environment, state: 'planned' })

it('says of a plan that it waits for an experiment that is not there, and which is near', () => {
  expect(notesOf(held('one-page'), [asked('one-page')], now)).toEqual([])
  expect(notesOf(held('2027-01-11T09:00:00Z'), [], now)).toEqual([])
  expect(notesOf(held('one-pge'), [asked('one-page')], now)).toEqual([
    'its plan is held until "one-pge" is decided in production, and there is no such experiment yet: did you mean "one-page"?',
  ])
  expect(notesOf(held('one-page'), [asked('one-page', 'y')], now)).toEqual([
    'its plan is held in production until "one-page" is decided, which is of "y" in production: that decides nothing here',
  ])
})

it('takes no word for a day as the name of an experiment', () => {
  for (const word of ['tomorrow', 'Monday', 'now', 'next-week']) expect(() => held(word)).toThrow('should be a moment with its offset')
})

it('says that a flag expired', () => {
  const flag = { ...held('one-page'), expires: '2026-01-01' }
  expect(notesOf(flag, [asked('one-page')], now)).toEqual(['it expired 330 days ago, 2026-01-01'])
})
