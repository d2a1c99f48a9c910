import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { poisson, throughAfterTries, waitingOf } from './closed-forms.ts'
import { simulate, type Line, type Stage } from './engine.ts'
import { makeAgenda } from './heap.ts'
import { uniform } from './random.ts'
import { constant, empirical, exponential } from './times.ts'

const never = Number.POSITIVE_INFINITY
const at = (...times: number[]) => Float64Array.from(times)
const one = (stage: Partial<Stage>): Line => ({ stages: [{ servers: 1, service: constant(10), ...stage }] })

describe('the agenda', () => {
  it('gives what was put in by time, and by turn at the same time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (times) => {
        const agenda = makeAgenda(2)
        for (const [turn, time] of times.entries()) agenda.put(time, 0, turn)
        const taken: (readonly [number, number])[] = []
        while (agenda.size > 0) {
          agenda.take()
          taken.push([agenda.at, agenda.entity])
        }
        expect(taken).toEqual(times.map((time, turn) => [time, turn] as const).toSorted((a, b) => a[0] - b[0] || a[1] - b[1]))
      }),
    )
  })
})

describe('random numbers', () => {
  it('are the same for the same place, and spread evenly', () => {
    expect(uniform(1, 2, 3, 4)).toBe(uniform(1, 2, 3, 4))
    const bins = Array.from({ length: 20 }, () => 0)
    for (let n = 0; n < 20_000; n++) bins[Math.floor(uniform(7, n, n % 3, 0) * 20)]!++
    expect(Math.max(...bins.map((count) => Math.abs(count - 1000)))).toBeLessThan(130)
  })
})

describe('waiting in a line', () => {
  const arrivals = poisson(800_000, 1, 11)
  it.each([
    ['M/M/1', 1, 0.6, 'exponential'],
    ['M/D/1', 1, 0.7, 'constant'],
    ['M/M/3', 3, 2.1, 'exponential'],
  ] as const)('of %s is what theory says, within 2 per cent', (_, servers, mean, kind) => {
    const service = kind === 'constant' ? constant(mean) : exponential(mean)
    const { begun } = simulate(arrivals, { stages: [{ servers, service }] }, 5)
    const waited = begun.reduce((sum, time, entity) => sum + time - arrivals[entity]!, 0) / begun.length
    expect(Math.abs(waited / waitingOf(servers, mean, kind) - 1)).toBeLessThan(0.02)
  })

  it('again after a try that failed is what theory says of feedback, within 2 per cent', () => {
    const { ended } = simulate(arrivals, one({ service: exponential(0.4), again: 0.3 }), 5)
    const taken = ended.reduce((sum, time, entity) => sum + time - arrivals[entity]!, 0) / ended.length
    expect(Math.abs(taken / throughAfterTries(0.4, 0.3) - 1)).toBeLessThan(0.02)
  })

  it('is first come, first served', () => {
    const { begun, ended } = simulate(at(0, 1, 2, 50), one({}), 1)
    expect([...begun]).toEqual([0, 10, 20, 50])
    expect([...ended]).toEqual([10, 20, 30, 60])
  })

  it('takes all that wait in one batch, or as many as it may', () => {
    expect([...simulate(at(0, 1, 2, 3), one({ batchMax: never }), 1).begun]).toEqual([0, 10, 10, 10])
    expect([...simulate(at(0, 1, 2, 3), one({ batchMax: 2 }), 1).begun]).toEqual([0, 10, 10, 20])
  })

  it('begins nothing while a gate is closed but what somebody lets through, and ends what was begun', () => {
    const line = one({ servers: never, closed: at(5, 100, 200, never), opened: at(60) })
    expect([...simulate(at(0, 6, 70, 150, 250), line, 1).ended]).toEqual([10, 70, 110, 160, never])
  })

  it('lets a later one carry the earlier ones', () => {
    const line: Line = { carries: never, stages: [{ servers: never, service: (luck) => (luck < 0.5 ? 100 : 1) }] }
    const { ended } = simulate(poisson(400, 1, 3), line, 9)
    expect([...ended]).toEqual([...ended].toSorted((a, b) => a - b))
  })

  it('lets it carry so many, and the rest with the next', () => {
    const service = (_: number, entity: number, _now: number, again: number) => (entity === 4 ? 10 : again === 0 ? never : 10)
    expect([...simulate(at(0, 1, 2, 3, 4), { carries: 2, stages: [{ servers: never, service }] }, 1).ended]).toEqual([14, 14, 24, 24, 34])
  })

  it('lets so many in as may be on it', () => {
    const { entered, ended } = simulate(at(0, 1, 2), { ...one({ servers: never }), wip: 1 }, 1)
    expect([...entered]).toEqual([0, 10, 20])
    expect([...ended]).toEqual([10, 20, 30])
  })

  it('does again what failed', () => {
    const arrived = poisson(20_000, 100, 4)
    const { ended } = simulate(arrived, one({ again: 0.5, servers: never }), 2)
    const taken = ended.reduce((sum, time, entity) => sum + time - arrived[entity]!, 0) / ended.length
    expect(taken).toBeGreaterThan(19)
    expect(taken).toBeLessThan(21)
  })

  it('is the same again, and differs in one stage alone where one stage was changed', () => {
    const line = (factor: number): Line => ({
      stages: [
        { servers: 2, service: empirical([1, 2, 3]) },
        { servers: never, service: empirical([5, 6, 9], factor) },
      ],
    })
    const [base, again, changed] = [1, 1, 0.5].map((factor) => simulate(poisson(500, 1, 1), line(factor), 8))
    expect(again).toEqual(base)
    for (let entity = 0; entity < 500; entity++) {
      expect(changed!.ended[2 * entity]).toBe(base!.ended[2 * entity])
      expect((changed!.ended[2 * entity + 1]! - changed!.ended[2 * entity]!) * 2).toBeCloseTo(
        base!.ended[2 * entity + 1]! - base!.ended[2 * entity]!,
        6,
      )
    }
  })
})
