import { assert, dictionary, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { comparePackages, compareValues } from './compare.ts'

const pinned = (packages: Readonly<Record<string, string[]>>) => ({ ecosystem: 'npm', packages: new Map(Object.entries(packages)) })

describe('what differs between two candidates', () => {
  it('names values that came, went and changed, and counts the rest', () => {
    const { changes, same } = compareValues(
      new Map(Object.entries({ a: '1', b: '2', c: '3' })),
      new Map(Object.entries({ b: '2', c: '4', d: '5' })),
    )
    expect(same).toBe(1)
    expect(changes).toEqual([
      { path: 'a', from: '1', to: null },
      { path: 'c', from: '3', to: '4' },
      { path: 'd', from: null, to: '5' },
    ])
  })

  it('tells packages that are new, gone and at another version', () => {
    const { changes, same } = comparePackages(
      'package-lock.json',
      pinned({ left: ['1.0.0'], pg: ['8.22.0'], hono: ['4.0.0'], ws: ['7.0.0', '8.0.0'] }),
      pinned({ right: ['2.0.0'], pg: ['8.23.1'], hono: ['4.0.0'], ws: ['8.0.0', '7.0.0'] }),
    )
    expect(changes.map(({ name, kind, from, to }) => [name, kind, from.join(), to.join()])).toEqual([
      ['left', 'removed', '1.0.0', ''],
      ['pg', 'changed', '8.22.0', '8.23.1'],
      ['right', 'added', '', '2.0.0'],
    ])
    expect(same).toBe(2)
  })

  it('finds nothing between equals, and the way back is the way there turned round', () => {
    const maps = dictionary(string(), string()).map((values) => new Map(Object.entries(values)))
    assert(
      property(maps, maps, (a, b) => {
        expect(compareValues(a, a).changes).toEqual([])
        const turned = compareValues(b, a).changes.map(({ path, from, to }) => ({ path, from: to, to: from }))
        expect(compareValues(a, b).changes).toEqual(turned)
      }),
    )
  })
})
