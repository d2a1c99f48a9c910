import { describe, expect, it } from 'vitest'
import { besideOf, hasRoom } from './names-beside.ts'

describe('names of a map on a phone', () => {
  const groups = [
    ['a', 'b', 'c', 'd'],
    ['e', 'f'],
    ['g', 'h', 'i', 'j'],
  ]

  it('stand beside the squares of their group, where there is more room', () => {
    expect(besideOf(groups, 10, 302)).toEqual([
      { names: ['a', 'b', 'c', 'd'], from: 0, to: 120, isRight: true, room: 182 },
      { names: ['e', 'f'], from: 120, to: 180, isRight: true, room: 122 },
      { names: ['g', 'h', 'i', 'j'], from: 180, to: 300, isRight: false, room: 180 },
    ])
    expect(hasRoom(groups, 10, 302)).toBe(true)
  })

  it('have none where one group is nearly all of it, and those that are not drawn have no name', () => {
    expect(hasRoom([['a', 'b', 'c', 'd', 'e'], ['f']], 6, 302)).toBe(false)
    expect(besideOf(groups, 5, 302).map(({ names }) => names)).toEqual([['a', 'b', 'c', 'd'], ['e']])
  })
})
