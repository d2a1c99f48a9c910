import { describe, expect, it } from 'vitest'
import { scanInteractions } from './interactions.ts'

describe('hundreds at once', () => {
  /** mulberry32 */
  const randomOf = (seed: number) => () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  it('finds the one pair whose effects do not add up, and the one that was not assigned independently', () => {
    const random = randomOf(11)
    const units = 20_003
    const assignments = Array.from({ length: 12 }, (_, at) => ({
      experiment: `e${at}`,
      arms: new Uint8Array(units).map(() => (random() < 0.1 ? 0 : 1 + Math.floor(random() * (at === 3 ? 3 : 2)))),
    }))
    assignments[7]!.arms.set(assignments[6]!.arms.subarray(0, 2000))
    const values = Float64Array.from({ length: units }, (_, unit) => {
      const isBoth = assignments[2]!.arms[unit]! > 1 && assignments[3]!.arms[unit] === 3
      return random() + (isBoth ? 0.15 : 0)
    })
    const found = scanInteractions(values, assignments)
    const stood = (by: 'effect' | 'assignment') => found.filter((each) => (each[by]?.adjusted ?? 1) <= 0.05).map((each) => each.experiments)
    expect(stood('effect')).toEqual([['e2', 'e3']])
    expect(stood('assignment')).toEqual([['e6', 'e7']])
    expect(found.find(({ experiments }) => experiments[1] === 'e3')!.effect!.degrees).toBe(2)
    expect(() => scanInteractions(values, [{ experiment: 'e', arms: new Uint8Array(3) }])).toThrow(
      expect.objectContaining({ code: 'ASSIGNMENT_LENGTH' }),
    )
  })
})
