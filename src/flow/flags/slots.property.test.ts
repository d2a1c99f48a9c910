import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { slotCount } from './flag.ts'
import { movedSlots, reallocate, type Slots } from './slots.ts'

const free: Slots = [[null, slotCount]]
const ownersOf = (slots: Slots) => slots.flatMap(([variant, count]) => Array.from({ length: count }, () => variant))
const countOf = (slots: Slots, variant: string) => slots.reduce((sum, [owner, count]) => sum + (owner === variant ? count : 0), 0)

/** Steps of a plan: how much each of up to five variants grows or, seldom, shrinks. */
const plan = fc.array(fc.record({ variant: fc.constantFrom('a', 'b', 'c', 'd', 'e'), by: fc.integer({ min: -1_500, max: 4_000 }) }), {
  minLength: 1,
  maxLength: 12,
})

/** Each step's shares, kept within what there is. */
function sharesOf(steps: readonly { readonly variant: string; readonly by: number }[]): readonly Readonly<Record<string, number>>[] {
  let shares: Record<string, number> = {}
  return steps.map(({ variant, by }) => {
    const others = Object.entries(shares).reduce((sum, [name, slots]) => sum + (name === variant ? 0 : slots), 0)
    shares = { ...shares, [variant]: Math.max(0, Math.min(slotCount - others, (shares[variant] ?? 0) + by)) }
    return shares
  })
}

describe('the slots of a flag', () => {
  it('never move whoever saw a variant, in ten thousand plans of ramps and further variants', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(plan, (steps) => {
        let before = free
        let earlier: Readonly<Record<string, number>> = {}
        for (const shares of sharesOf(steps)) {
          const after = reallocate(before, shares)
          const lost = Object.keys(earlier).reduce((sum, variant) => sum + Math.max(0, earlier[variant]! - (shares[variant] ?? 0)), 0)
          // Only what was taken away from a variant moves, and no slot besides.
          if (movedSlots(before, after) !== lost) throw new Error(`${movedSlots(before, after)} moved, ${lost} taken away`)
          for (const [variant, slots] of Object.entries(shares)) if (countOf(after, variant) !== slots) throw new Error('not as asked')
          if (after.reduce((sum, [, count]) => sum + count, 0) !== slotCount) throw new Error('slots were lost')
          before = after
          earlier = shares
        }
      }),
      { numRuns: 10_000 },
    )
  })

  it('give the same units a variant again after it was turned back', () => {
    const five = reallocate(free, { on: 500 })
    const back = reallocate(reallocate(five, { on: 2_500 }), { on: 500 })
    expect(ownersOf(back)).toEqual(ownersOf(five))
  })

  it('are written as few runs', () => {
    expect(reallocate(reallocate(free, { a: 100 }), { a: 100, b: 50 })).toEqual([
      ['a', 100],
      ['b', 50],
      [null, 9_850],
    ])
    expect(
      reallocate(
        [
          ['a', 100],
          ['b', 50],
          [null, 9_850],
        ],
        { a: 200, b: 50 },
      ),
    ).toEqual([
      ['a', 100],
      ['b', 50],
      ['a', 100],
      [null, 9_750],
    ])
  })
})
