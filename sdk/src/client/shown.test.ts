import { expect, it } from 'vitest'
import { makeShown } from './shown.ts'

it('a unit is new once for each flag, revision and variant', () => {
  const { see } = makeShown(1_000)
  const times = [
    see('a', 1, 'on', 'ann'),
    see('a', 1, 'on', 'ann'),
    see('b', 1, 'on', 'ann'),
    see('a', 1, 'off', 'ann'),
    see('a', 2, 'on', 'ann'),
  ]
  expect(times).toEqual([true, false, true, true, true])
})

it('what is asked for all the time is not forgotten, what is not is', () => {
  const { see } = makeShown(100)
  see('a', 1, 'on', 'rare')
  const regular = Array.from({ length: 1_000 }, (_, n) => {
    see('a', 1, 'on', `unit-${n}`)
    return see('a', 1, 'on', 'ann')
  })
  expect(regular.filter(Boolean)).toHaveLength(1)
  expect(see('a', 1, 'on', 'rare')).toBe(true)
})

it('no more units are remembered of many flags than of one', () => {
  const { see } = makeShown(100)
  for (let flag = 0; flag < 40; flag++) for (let n = 0; n < 40; n++) see(`flag-${flag}`, 1, 'on', `unit-${n}`)
  const remembered = Array.from({ length: 39 }, (_, flag) => see(`flag-${flag}`, 1, 'on', 'unit-39')).filter((first) => !first)
  expect(remembered.length).toBeLessThanOrEqual(3)
})

it('counts are taken once, also of a revision that is over', () => {
  const { see, take } = makeShown(100)
  see('a', 1, 'on', undefined)
  see('a', 1, 'on', 'ann')
  see('a', 2, 'off', 'ann')
  expect(take()).toEqual([
    { flag: 'a', revision: 1, variant: 'on', count: 2 },
    { flag: 'a', revision: 2, variant: 'off', count: 1 },
  ])
  expect(take()).toEqual([])
})
