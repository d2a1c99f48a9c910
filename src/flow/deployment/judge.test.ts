import { describe, expect, it } from 'vitest'
import { Growing, seeded, shapeNames, traffic } from '../../../bench/canary/traffic.ts'
import { alphaOf, judge, type Measured, type Metric } from './judge.ts'

const errors: Metric = { name: 'error_rate', critical: true }
const p95: Metric = { name: 'p95_ms', critical: true }
const only = { index: 1, of: 1 }

/** Every time from 20 to 119 ms equally often, in an order that hangs together nowhere. */
const times = (count: number, slower = 1) => Array.from({ length: count }, (_, n) => (20 + ((n * 37) % 100)) * slower)
const measured = (requests: number, failed = 0, slower = 1): Measured => ({
  requests,
  errors: failed,
  latenciesMs: times(requests, slower),
})
const verdict = (baseline: Measured, canary: Measured, ...metrics: readonly Metric[]) =>
  judge({ metrics, baseline, canary, look: only }).verdict

describe('the judge of a canary', () => {
  it('passes one that is as good as its baseline', () => {
    expect(verdict(measured(1000, 1), measured(1000, 1), errors, p95)).toBe('pass')
  })

  it('fails five percent of errors after a few hundred requests, and says so with figures', () => {
    const judgement = judge({ metrics: [errors], baseline: measured(300), canary: measured(300, 15), look: only })
    expect(judgement).toMatchObject({ verdict: 'fail', why: expect.stringContaining('5.00 % of 300 requests failed, 0.00 % of 300') })
  })

  it('fails one that is twice as slow', () => {
    expect(verdict(measured(500), measured(500, 0, 2), p95)).toBe('fail')
  })

  it('takes no data for no success, whoever has none', () => {
    for (const [baseline, canary] of [
      [measured(0), measured(500)],
      [measured(500), measured(0)],
      [measured(0), measured(0)],
    ] as const) {
      expect(verdict(baseline, canary, errors)).toBe('inconclusive')
      expect(verdict(baseline, canary, p95)).toBe('inconclusive')
    }
  })

  it('takes too little to exclude a harm for no success either', () => {
    expect(verdict(measured(20), measured(20), errors)).toBe('inconclusive')
    expect(verdict(measured(20), measured(20), p95)).toBe('inconclusive')
  })

  it('does not decide without a metric', () => {
    expect(verdict(measured(500), measured(500))).toBe('inconclusive')
  })

  it('lets a person decide when a metric is worse that is not critical', () => {
    expect(verdict(measured(500), measured(500, 0, 2), errors, { ...p95, critical: false })).toBe('inconclusive')
  })

  it('does not fail for a difference that is certain and does not matter', () => {
    expect(verdict(measured(20_000), measured(20_000, 0, 1.05), p95)).toBe('pass')
  })

  it('counts one long stall as one event, and not as a hundred slow answers', () => {
    const stalled = times(400).map((ms, n) => (n >= 100 && n < 180 ? ms * 5 : ms))
    const canary = { requests: 400, errors: 0, latenciesMs: stalled }
    expect(verdict(measured(400), canary, p95)).toBe('inconclusive')
    const scattered = { ...canary, latenciesMs: times(400).map((ms, n) => (n % 5 === 0 ? ms * 5 : ms)) }
    expect(verdict(measured(400), scattered, p95)).toBe('fail')
  })

  it('needs more evidence at each of many looks than at a single one', () => {
    const trial = { metrics: [errors], baseline: measured(200), canary: measured(200, 8) }
    expect(judge({ ...trial, look: only }).verdict).toBe('fail')
    expect(judge({ ...trial, look: { index: 1, of: 40 } }).verdict).toBe('inconclusive')
  })

  it('spends no more than one percent of false alarms, however often a canary is looked at', () => {
    for (const of of [1, 6, 40]) {
      let spent = 0
      for (let index = 1; index <= 100_000; index++) spent += alphaOf({ index, of })
      expect(spent).toBeLessThanOrEqual(0.01)
      expect(spent).toBeGreaterThan(0.0099)
    }
  })

  it.each(shapeNames)('rolls no good canary back among thirty whose times are of the kind "%s", also while they wait', (shape) => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = seeded(seed)
      const [good, same] = [traffic(shape, random, { errorRate: 0.01 }), traffic(shape, random, { errorRate: 0.01 })]
      const [baseline, canary] = [new Growing(), new Growing()]
      for (let index = 1; index <= 12; index++) {
        baseline.add(good, 60)
        canary.add(same, 60)
        const judgement = judge({ metrics: [errors, p95], baseline, canary, look: { index, of: 6 } })
        expect(judgement.verdict, `seed ${seed}, look ${index}: ${judgement.why}`).not.toBe('fail')
      }
    }
  })
})
