import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { Requests, type RequestWord } from './requests.ts'

it('is the same of a request in whatever order it is told, and however often', () => {
  const told = fc.record({
    word: fc.constantFrom<RequestWord>('created', 'updated', 'reviewed', 'abandoned', 'merged'),
    number: fc.integer({ min: 1, max: 3 }),
    at: fc.nat({ max: 9 }),
    head: fc.constantFrom('a', 'b'),
    merge: fc.constantFrom('c', 'd', undefined),
  })
  const know = (all: readonly (typeof told extends fc.Arbitrary<infer T> ? T : never)[]) => {
    const requests = new Requests()
    for (const { word, at, ...custom } of all) requests.add(word, custom, at)
    const open = Array.from({ length: 10 }, (_, at) => requests.openAt(at).toSorted((a, b) => a.number - b.number))
    return [[1, 2, 3].map((number) => requests.of('none', `squashed (#${number})`)), open]
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

it('is open until it is given up, and again when somebody goes on with it, as of any moment', () => {
  const requests = new Requests()
  requests.add('created', { number: 7 }, 10)
  requests.add('updated', { number: 7, head: 'a', base: 'main' }, 20)
  requests.add('abandoned', { number: 7 }, 30)
  requests.add('updated', { number: 7, head: 'b', base: 'main' }, 40)
  const at = (asOf: number) => requests.openAt(asOf)
  expect(at(9)).toEqual([])
  expect(at(10)).toEqual([{ number: 7, opened: 10, reviewed: undefined, head: undefined, base: undefined }])
  expect(at(29)).toMatchObject([{ head: 'a', base: 'main' }])
  expect(at(30)).toEqual([])
  expect(at(40)).toMatchObject([{ opened: 10, head: 'b' }])
  expect([requests.isHead('a'), requests.isHead('c')]).toEqual([true, false])
  requests.add('merged', { number: 7, head: 'b', merge: 'c' }, 50)
  expect(at(45)).toEqual([])
})
