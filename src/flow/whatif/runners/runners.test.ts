import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf, type Run } from '../../builds/builds.ts'
import { poisson, waitingOf } from '../../simulation/closed-forms.ts'
import { simulate } from '../../simulation/engine.ts'
import { uniform } from '../../simulation/random.ts'
import { exponential } from '../../simulation/times.ts'
import { poolOf, type Pool } from './calibrate.ts'
import { runPool, type PoolJob } from './pool.ts'
import { predictRunners, waitsAsTheyWere } from './predict.ts'
import { ciBegan, simulatedCi, type SimulatedCi } from './testing.ts'

const minute = 60_000
const weekMs = 7 * 24 * 60 * minute
const alone = (ready: number, ms: number): PoolJob => ({ ready, after: -1, gap: 0, ms })

describe('jobs on runners', () => {
  it('wait as theory says, within 2 per cent', () => {
    const arrivals = poisson(400_000, 1, 100)
    const service = exponential(2.1)
    const jobs = [...arrivals].map((at, n) => alone(at, service(uniform(101, n, 0, 0))))
    const { begun } = runPool(jobs, 3)
    const waited = begun.reduce((sum, at, n) => sum + at - arrivals[n]!, 0) / jobs.length
    expect(Math.abs(waited / waitingOf(3, 2.1, 'exponential') - 1)).toBeLessThan(0.02)
  })

  it('begin when those of a line with as many servers do, and after the one that they wait for', () => {
    const job = fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 30 }))
    fc.assert(
      fc.property(fc.array(job, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (all, runners) => {
        const sorted = all.toSorted((a, b) => a[0] - b[0])
        const jobs = sorted.map(([ready, ms]) => alone(ready, ms))
        const line = { stages: [{ servers: runners, service: (_: number, entity: number) => jobs[entity]!.ms }] }
        expect([...runPool(jobs, runners).begun]).toEqual([
          ...simulate(
            Float64Array.from(jobs, ({ ready }) => ready),
            line,
            1,
          ).begun,
        ])
        const chained = jobs.map((one, at) => ({ ...one, after: at % 3 === 0 ? -1 : at - 1, gap: 2 }))
        const { ready, begun, ended } = runPool(chained, runners)
        for (const [at, { after }] of chained.entries()) {
          expect(begun[at]).toBeGreaterThanOrEqual(ready[at]!)
          if (after !== -1) expect(ready[at]).toBe(ended[after]! + 2)
        }
      }),
    )
  })
})

describe('a CI of which it is known how it works', () => {
  const weeks = 6
  const asOf = ciBegan + weeks * weekMs
  const ci = (more: Partial<SimulatedCi>): readonly Run[] => simulatedCi({ weeks, seed: 4, perHour: 9, waitsFor: { runners: 4 }, ...more })
  const pool = (runs: readonly Run[], at = asOf): Pool => {
    const found = poolOf(runs, ciBegan, at)
    if (typeof found === 'string') throw new Error(found)
    return found
  }

  it('shows how many runners it has, and how long jobs wait for them', () => {
    const found = pool(ci({}))
    expect(found.runners).toBe(4)
    const { seen, simulated } = waitsAsTheyWere(found)
    expect(Math.abs(simulated.mean / seen.mean - 1)).toBeLessThan(0.03)
    expect(found.utilisation).toBeCloseTo(0.26, 1)
  })

  it.each([+1, +3, -1])('is told what %s runners do to the wait for one, and to changes that they build', (more) => {
    const [before, after] = [ci({}), ci({ waitsFor: { runners: 4 + more } })]
    const found = pool(before)
    const jobs = Map.groupBy(found.runs.keys(), (at) => found.runs[at]!)
    // Deployed to production a quarter of an hour after its build.
    const changes = before.flatMap((run) => {
      const own = jobs.get(keyOf(run))
      return own === undefined ? [] : [{ merged: run.queued!, reached: run.finished! + 15 * minute, jobs: own }]
    })
    const { waits, leads } = predictRunners(found, 4 + more, changes, weeks * weekMs, asOf, 50)
    const truth = waitsAsTheyWere(pool(after)).seen
    const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!
    expect(Math.abs(middle(waits.map(({ changed }) => changed.mean)) - truth.mean)).toBeLessThan(0.1 * truth.mean + 2000)
    const took = after.map((run) => run.finished! + 15 * minute - run.queued!)
    expect(Math.abs(middle(leads.map(({ changed }) => changed.p50)) / middle(took) - 1)).toBeLessThan(0.05)
    // The same luck: no week in which more runners make anybody wait for longer.
    for (const { base, changed } of waits) expect(Math.sign(base.mean - changed.mean)).toBe(Math.sign(more))
  })

  it('is not believed to wait for runners where it waits for something else, or hardly at all', () => {
    expect(poolOf(ci({ waitsFor: 'the run before', perHour: 5 }), ciBegan, asOf)).toMatch(
      /fewer than the \d+ ran .* something else than a runner$/,
    )
    expect(poolOf(ci({ waitsFor: 'nothing' }), ciBegan, asOf)).toMatch(/^0 of \d+ jobs waited for longer/)
    expect(poolOf(ci({}).slice(0, 10), ciBegan, asOf)).toMatch(/^of 40 jobs it is known .* takes 50$/)
    expect(poolOf([], ciBegan, asOf)).toMatch(/^of 0 jobs/)
  })

  it('knows nothing of what came later, and nothing of our own steps', () => {
    const runs = ci({})
    const then = asOf - 4 * weekMs
    const known = runs.map((run) => ({
      ...run,
      finished: run.finished! <= then ? run.finished : undefined,
      jobs: run.jobs.filter(({ finished }) => finished! <= then),
    }))
    expect(pool(runs, then).jobs).toEqual(pool(known, then).jobs)
    expect(
      poolOf(
        runs.map((run) => ({ ...run, source: '/threeways/pipeline' })),
        ciBegan,
        asOf,
      ),
    ).toMatch(/^of 0 jobs/)
  })
})
