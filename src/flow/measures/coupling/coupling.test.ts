import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { couplingsOf } from './coupling.ts'

const hour = 3_600_000
/** Always the same numbers from 0 to 1. */
function sequence(seed: number): () => number {
  let state = seed
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
}

describe('what is deployed together', () => {
  it('is found among many that are not, by how often and how surely', () => {
    const random = sequence(7)
    const alone = Array.from({ length: 600 }, () => ({ stream: `s${Math.floor(random() * 12)}`, at: Math.floor(random() * 400) * hour }))
    const bound = Array.from({ length: 20 }, (_, n) => [
      { stream: 'cart', at: n * 20 * hour },
      { stream: 'till', at: n * 20 * hour + 1000 },
    ]).flat()
    const { pairs } = couplingsOf([...alone, ...bound], hour)
    expect(pairs[0]).toMatchObject({ a: 'cart', b: 'till', together: 20, confidence: 1 })
    expect(pairs[0]!.p).toBeLessThan(1e-6)
    expect(pairs.slice(1).every(({ p }) => p > 0.01)).toBe(true)
  })

  it('is no pair of those that somebody deploys all at once', () => {
    const all = Array.from({ length: 10 }, (_, n) => Array.from({ length: 12 }, (_, s) => ({ stream: `s${s}`, at: n * hour }))).flat()
    expect(couplingsOf(all, hour)).toEqual({ pairs: [], looked: 0, mass: 10 })
  })

  it('is counted as one would count it by hand', () => {
    const names = ['a', 'b', 'c', 'd', 'ab', 'B']
    const some = fc.array(fc.record({ stream: fc.constantFrom(...names), at: fc.integer({ min: 7, max: 40 }).map((n) => n * hour + n) }), {
      maxLength: 120,
    })
    fc.assert(
      fc.property(some, (deployments) => {
        const all = Map.groupBy(deployments, ({ at }) => Math.floor(at / (2 * hour)))
        const times = [...all].map(([time, own]) => ({ time, streams: new Set(own.map(({ stream }) => stream)) }))
        const said = times.filter(({ streams }) => streams.size <= 5)
        const of = (stream: string) => said.filter(({ streams }) => streams.has(stream)).map(({ time }) => time)
        const { pairs, looked, mass } = couplingsOf(deployments, 2 * hour)
        expect(mass).toBe(times.length - said.length)
        const met = names.flatMap((a) =>
          names.flatMap((b) => (a < b && of(a).filter((time) => of(b).includes(time)).length > 2 ? [`${a} ${b}`] : [])),
        )
        expect(pairs.map(({ a, b }) => `${a} ${b}`).toSorted()).toEqual(met.toSorted())
        expect(looked).toBe(met.length)
        for (const { a, b, together, timesA, timesB, times: both } of pairs) {
          const [first, last] = [Math.max(Math.min(...of(a)), Math.min(...of(b))), Math.min(Math.max(...of(a)), Math.max(...of(b)))]
          const inside = (all: readonly number[]) => all.filter((time) => time >= first && time <= last).length
          const counts = [
            of(a).filter((time) => of(b).includes(time)).length,
            inside(of(a)),
            inside(of(b)),
            inside(said.map(({ time }) => time)),
          ]
          expect([together, timesA, timesB, both]).toEqual(counts)
        }
      }),
    )
  })

  it('is the same in whatever order it is read', () => {
    const some = fc.array(fc.record({ stream: fc.constantFrom('a', 'b', 'c'), at: fc.nat(40).map((n) => n * hour) }), { maxLength: 60 })
    fc.assert(
      fc.property(some, (deployments) => {
        expect(couplingsOf(deployments.toReversed(), hour)).toEqual(couplingsOf(deployments, hour))
        for (const { p, support, confidence } of couplingsOf(deployments, hour).pairs)
          expect([p, support, confidence].every((value) => value >= 0 && value <= 1)).toBe(true)
      }),
    )
  })
})
