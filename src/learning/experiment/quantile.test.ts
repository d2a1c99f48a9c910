import { describe, expect, it } from 'vitest'
import { noMoments } from '../../kernel/statistics/moments.ts'
import { analyse } from './analysis.ts'
import type { ArmState } from './comparison.ts'
import { draft, refusal } from './experiment.fixture.ts'
import { planned, type ExperimentDraft } from './plan.ts'
import { unitsNeeded } from './sizing.ts'
import { quantileSums, type Sums } from './sums.ts'

describe('a quantile', () => {
  const slow: ExperimentDraft['metrics'][number] = {
    key: 'ms',
    kind: { type: 'quantile', share: 0.5 },
    role: 'decision',
    better: 'less',
    effect: 0.02,
  }
  const asked = planned({ ...draft, metrics: [slow], units: 400, looks: [1] })
  /** 200 units whose requests spread over 40 buckets, each unit's all in one. */
  const arm = (shift: number, more: Partial<Sums> = {}) => ({
    units: 200,
    sums: {
      ms: {
        ...quantileSums(
          Array.from({ length: 200 }, (_, at) => [[300 + shift + (at % 40), 10]] as const),
          0.5,
        ),
        ...more,
      },
    },
  })
  const told = (control: ArmState, express: ArmState) => analyse(asked, { arms: { control, express } }).results[0]!

  it('is compared with limits of units, however many requests they have', () => {
    const { control, effect, error, verdict, atLook } = told(arm(0), arm(-20))
    expect(effect).toBeCloseTo(1.04 ** -20 - 1, 6)
    expect(control).toBeCloseTo(0.001 * 1.04 ** 319, 0)
    // 40 buckets of 4 %, 200 units, √(0.25/200)·40·ln 1.04 of each arm's level; of independent requests it would be √10 less.
    const ofUnits = Math.sqrt(0.25 / 200) * 40 * Math.log(1.04)
    expect(error! / (Math.SQRT2 * 1.04 ** -20 * ofUnits)).toBeCloseTo(1, 1)
    expect(verdict).toBe('better')
    expect(atLook!.high).toBeLessThan(0)
  })

  it('of which less is better gains what it is less, with the limits of either direction', () => {
    const { atLook, always, effect, chanceToWin } = told(arm(0), arm(-20))
    expect(chanceToWin).toBeGreaterThan(0.99)
    expect(told(arm(0), arm(20)).verdict).toBe('worse')
    // A quantile times two is as far away as half of it: limits are wider upwards.
    for (const { low, high } of [atLook!, always!]) expect(high - effect!).toBeGreaterThan(effect! - low)
  })

  it('is planned in logarithms: to see it fall by a fifth takes fewer units than to see it rise by one', () => {
    const baseline = { ms: { level: 100, variance: 10_000 } }
    const needs = (better: 'more' | 'less') =>
      unitsNeeded(planned({ ...draft, metrics: [{ ...slow, better, effect: 0.2 }], units: 5_000 }), baseline)[0]!
    expect(needs('less').units! / needs('more').units!).toBeCloseTo((Math.log(1.2) / Math.log(0.8)) ** 2, 2)
    for (const better of ['more', 'less'] as const) {
      const { sees } = needs(better)
      const again = unitsNeeded(planned({ ...draft, metrics: [{ ...slow, better, effect: sees! }], units: 5_000 }), baseline)[0]!
      expect(again.units! / 5_000).toBeCloseTo(1, 2)
    }
  })

  it('says nothing of values that came without buckets, and why', () => {
    const none = arm(0, { moments: noMoments(2), buckets: [], unbucketed: 2_000 })
    expect(told(none, none).nothing).toMatch(/no values in buckets.*SDK.*quantiles/)
    expect(told(arm(0, { unbucketed: 1 }), arm(0)).nothing).toBe('some values came without buckets')
    expect(told(arm(0), { units: 200, sums: {} }).nothing).toBe('too few')
  })

  it('is not asked for outside of 0 to 1, nor less what was before', () => {
    for (const change of [{ kind: { type: 'quantile', share: 1 } }, { kind: { type: 'quantile', share: 0 } }, { before: true }] as const)
      expect(refusal(() => planned({ ...draft, metrics: [{ ...slow, ...change }] })).code).toBe('EXPERIMENT_PLAN')
  })
})
