import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { Requests, type RequestWord } from './requests.ts'

it('is the same of a request in whatever order it is told, and however often', () => {
  const told = fc.record({
    word: fc.constantFrom<RequestWord>('created', 'reviewed', 'merged'),
    number: fc.integer({ min: 1, max: 3 }),
    at: fc.nat({ max: 9 }),
    head: fc.constantFrom('a', 'b'),
    merge: fc.constantFrom('c', 'd', undefined),
  })
  const know = (all: readonly (typeof told extends fc.Arbitrary<infer T> ? T : never)[]) => {
    const requests = new Requests()
    for (const { word, at, ...custom } of all) requests.add(word, custom, at)
    return [1, 2, 3].map((number) => requests.of('none', `squashed (#${number})`))
  }
  fc.assert(
    fc.property(fc.array(told), (all) => {
      expect(know([...all.toReversed(), ...all])).toEqual(know(all))
    }),
  )
})

it('is found by what it was merged as, or by the number that a subject says', () => {
  const requests = new Requests()
  requests.add('merged', { number: 7, head: 'a', merge: 'c' }, 1)
  requests.add('created', { number: 'seven' }, 1)
  expect(requests.of('c', 'anything')?.number).toBe(7)
  expect(requests.of('d', 'Merge pull request #7 from somebody/branch')?.number).toBe(7)
  expect(requests.of('d', 'See (#7) and more')).toBeUndefined()
  expect(requests.merged()).toEqual([{ head: 'a', merge: 'c' }])
})
