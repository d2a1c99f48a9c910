import { expect, it } from 'vitest'
import { sorted } from './sorting.ts'

it('sorts rows either way, what is not known last, and keeps those that are alike as they were', () => {
  const rows = [
    { name: 'a', took: 3 },
    { name: 'b', took: undefined },
    { name: 'c', took: 0 },
    { name: 'd', took: 3 },
  ]
  const names = (down: boolean) =>
    sorted(rows, ({ took }) => took, down)
      .map(({ name }) => name)
      .join('')
  expect(names(true)).toBe('adcb')
  expect(names(false)).toBe('cadb')
  expect(sorted(['b', 'A', 'c'], (text) => text, false)).toEqual(['A', 'b', 'c'])
})
