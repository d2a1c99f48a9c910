import { describe, expect, it } from 'vitest'
import { groupsOf } from './coupling-order.ts'

describe('what is deployed together', () => {
  it('stands together, the largest group first, nearest next to nearest', () => {
    const pairs = [
      { a: 'x', b: 'y', confidence: 0.9 },
      { a: 'a', b: 'b', confidence: 0.3 },
      { a: 'a', b: 'c', confidence: 0.8 },
      { a: 'c', b: 'd', confidence: 0.2 },
    ]
    expect(groupsOf(pairs)).toEqual([
      ['a', 'c', 'b', 'd'],
      ['x', 'y'],
    ])
  })

  it('is nothing where nothing is', () => {
    expect(groupsOf([])).toEqual([])
  })
})
