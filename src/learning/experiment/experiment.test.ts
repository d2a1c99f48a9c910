import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { covariance } from '../../kernel/statistics/moments.ts'
import { analyse } from './analysis.ts'
import { draft, metricOf, plan, refusal, state, sumsOf } from './experiment.fixture.ts'
import type { Metric } from './metric.ts'
import { planned, type ExperimentDraft } from './plan.ts'
import { unitsNeeded } from './sizing.ts'
import { Accumulator, mergeSums, noSums, quantileSums, sumsByGroup, withIdleUnits } from './sums.ts'

const resultOf = (analysis: ReturnType<typeof analyse>, metric: string) => analysis.results.find((result) => result.metric === metric)!

describe('a plan', () => {
  it('is kept with what was left out filled in', () => {
    expect(plan).toMatchObject({ alpha: 0.05, power: 0.8, spending: { kind: 'obrien-fleming' }, shipWhen: 'every', narrowestAt: 20_000 })
    expect(planned({ ...draft, looks: undefined } as unknown as ExperimentDraft).looks).toEqual([0.25, 0.5, 0.75, 1])
  })

  it.each([
    [{ hypothesis: ' ' }, '/hypothesis'],
    [{ arms: [{ key: 'a', weight: 1 }] }, '/arms'],
    [
      {
        arms: [
          { key: 'a', weight: 1 },
          { key: 'a', weight: 1 },
        ],
      },
      '/arms',
    ],
    [
      {
        arms: [
          { key: 'a', weight: 1 },
          { key: 'b', weight: Number.NaN },
        ],
      },
      '/arms/1/weight',
    ],
    [{ metrics: [] }, '/metrics'],
    [{ metrics: [{ ...metricOf('orders'), effect: 0 }] }, '/metrics/0/effect'],
    [{ metrics: [metricOf('orders'), metricOf('orders')] }, '/metrics'],
    [{ metrics: [metricOf('orders'), { ...metricOf('errors'), margin: Number.NaN }] }, '/metrics/1/margin'],
    [{ metrics: [metricOf('orders'), { ...metricOf('revenue'), kind: { type: 'revenue', cap: Infinity } }] }, '/metrics/1/kind/cap'],
    [{ alpha: 0.5 }, '/alpha'],
    [{ units: 1.5 }, '/units'],
    [{ looks: [0.5, 0.5, 1] }, '/looks'],
    [{ looks: [0.5] }, '/looks'],
  ] as const)('is refused with what is wrong with it: %j', (change, path) => {
    const { code, faults } = refusal(() => planned({ ...draft, ...(change as Partial<ExperimentDraft>) }))
    expect(code).toBe('EXPERIMENT_PLAN')
    expect(faults.map((fault) => fault.path)).toContain(path)
  })

  it('says how many units each question needs', () => {
    const needs = unitsNeeded(plan, { orders: { level: 0.1, variance: 0.09 }, errors: { level: 0.05, variance: 0.0475 } })
    // 16 σ²/δ² for each of two arms, and a little for looking twice.
    expect(needs[0]!.units! / (2 * 15.7 * (0.09 / 0.01 ** 2))).toBeCloseTo(1, 1)
    expect(needs[0]!.sees).toBeGreaterThan(0.1)
    expect(needs[1]!.role).toBe('guardrail')
    const explained = unitsNeeded(plan, { orders: { level: 0.1, variance: 0.09, explained: 0.5 } })
    expect(explained[0]!.units! / needs[0]!.units!).toBeCloseTo(0.5, 3)
    expect(unitsNeeded(plan, { orders: { level: 0, variance: 0.09 } })[0]!.units).toBeUndefined()
    const always = planned({ ...draft, units: undefined, looks: undefined } as unknown as ExperimentDraft)
    expect(unitsNeeded(always, { orders: { level: 0.1, variance: 0.09 } })[0]!.units!).toBeGreaterThan(needs[0]!.units! * 1.5)
  })
})

describe('what is kept of a metric', () => {
  it.each([
    ['binary', { value: 2 }],
    ['binary', { value: Number.NaN }],
    ['count', { value: -1 }],
    ['count', { value: Infinity }],
    ['revenue', { value: -Infinity }],
    ['revenue', { value: 1e200 }],
    ['revenue', {}],
    ['ratio', { value: 1, per: Number.NaN }],
  ] as const)('is never %s of %j', (type, unit) => {
    const kinds = {
      binary: { type: 'binary' },
      count: { type: 'count' },
      revenue: { type: 'revenue', cap: 10 },
      ratio: { type: 'ratio' },
    } as const
    const accumulator = new Accumulator({ key: 'm', kind: kinds[type], role: 'exploratory', better: 'more', before: false })
    const before = accumulator.sums()
    const { code, message } = refusal(() => accumulator.add(unit))
    expect(code).toBe('METRIC_VALUE')
    expect(message).toContain('metric "m"')
    expect(accumulator.sums()).toEqual(before)
  })

  it('is the same whatever the order, the parts, and what a unit was before it became what it is', () => {
    const spent: Metric = { key: 'spent', kind: { type: 'revenue', cap: 50 }, role: 'exploratory', better: 'more', before: true }
    const amount = fc.integer({ min: 0, max: 100 })
    const units = fc.array(fc.record({ value: amount, before: amount }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(units, (all) => {
        const whole = sumsOf(spent, all)
        const growing = new Accumulator(spent)
        for (const unit of all) {
          growing.add({ value: 70, before: 0 })
          growing.replace({ value: 70, before: 0 }, unit)
        }
        const merged = all.map((unit) => sumsOf(spent, [unit])).reduceRight((a, b) => mergeSums(a, b), noSums(spent))
        for (const sums of [growing.sums(), merged]) {
          expect(sums.capped).toBe(whole.capped)
          expect(sums.moments.count).toBe(whole.moments.count)
          for (const [at, product] of whole.moments.products.entries()) expect(sums.moments.products[at]).toBeCloseTo(product, 6)
        }
        expect(JSON.parse(JSON.stringify(whole))).toEqual(whole)
      }),
    )
  })

  it('is the same by columns as unit by unit', () => {
    const ctr: Metric = { key: 'ctr', kind: { type: 'ratio' }, role: 'exploratory', better: 'more', before: true }
    const columns = { value: [1, 0, 2, 9], per: [2, 3, 4, 9], before: [0, 1, 1, 9], perBefore: [1, 2, 3, 9] }
    const of = (unit: number) => Object.fromEntries(Object.entries(columns).map(([field, values]) => [field, values[unit]!]))
    const typed = Object.fromEntries(Object.entries(columns).map(([field, values]) => [field, Float64Array.from(values)]))
    const [one, two] = sumsByGroup(ctr, typed, Uint8Array.of(1, 2, 1, 0), 2)
    for (const [given, expected] of [
      [one!, sumsOf(ctr, [of(0), of(2)])],
      [two!, sumsOf(ctr, [of(1)])],
    ] as const) {
      expect(given.moments.count).toBe(expected.moments.count)
      for (const [at, product] of expected.moments.products.entries()) expect(given.moments.products[at]).toBeCloseTo(product, 12)
    }
    const [revenue] = sumsByGroup(metricOf('revenue'), { value: Float64Array.of(10, 20_000, Number.NaN) }, Uint8Array.of(1, 1, 0), 1)
    expect(revenue).toEqual({ moments: { count: 2, means: [255], products: [120_050] }, capped: 1 })
    expect(refusal(() => sumsByGroup(metricOf('revenue'), { value: Float64Array.of(Number.NaN) }, Uint8Array.of(1), 1)).code).toBe(
      'METRIC_VALUE',
    )
  })

  it('caps revenue, and says how often', () => {
    const sums = sumsOf(metricOf('revenue'), [{ value: 10 }, { value: 20_000 }])
    expect(sums.moments.means).toEqual([255])
    expect(sums.capped).toBe(1)
  })

  it('takes units that did nothing for zeros', () => {
    const sums = withIdleUnits(sumsOf(metricOf('revenue'), [{ value: 3 }, { value: 3 }]), 6)
    expect(sums.moments.means[0]).toBeCloseTo(1, 12)
    expect(covariance(sums.moments, 0, 0)).toBeCloseTo(2.4, 12)
  })

  it('keeps quantiles of requests, and how much those of a unit hang together', () => {
    const { buckets, moments } = quantileSums(
      [
        [
          [100, 2],
          [200, 1],
        ],
        [[300, 2]],
        [],
      ],
      0.4,
    )
    expect(buckets).toEqual([
      [100, 2],
      [200, 1],
      [300, 2],
    ])
    // Of the five requests two are at or below: both of one unit.
    expect(moments).toMatchObject({ count: 2, means: [2.5, 1] })
    const median = { ...metricOf('orders'), kind: { type: 'quantile', share: 0.5 } } as const
    expect(noSums(median).moments.count).toBe(0)
    // It would be another one in each part.
    expect(() => mergeSums(noSums(median), noSums(median))).toThrow(RangeError)
    expect(() => new Accumulator(median)).toThrow(RangeError)
    expect(() => sumsByGroup(median, { value: Float64Array.of(1) }, Uint8Array.of(1), 1)).toThrow(RangeError)
  })
})

describe('an analysis', () => {
  it('says nothing of effects while the arms do not have the sizes asked for', () => {
    const analysis = analyse(plan, state([5400, 540, 10], [4600, 700, 10]))
    expect(analysis.split.verdict).toBe('wrong')
    expect(analysis.results).toEqual([])
    expect(analysis.recommendations[0]!.action).toBe('find out why')
    expect(analysis.memory.looks).toEqual([])
  })

  it('says how far off a split may be and still be called right', () => {
    const { split } = analyse(plan, state([5000, 500, 10], [5000, 500, 10]))
    expect(split.verdict).toBe('right')
    expect(split.sees).toBeGreaterThan(1.9)
    expect(analyse(plan, { arms: {} }).split.verdict).toBe('nobody yet')
  })

  it('may not be looked at before its time, and says what it would take', () => {
    const analysis = analyse(plan, state([2000, 200, 10], [2000, 400, 10]))
    expect(analysis.looking).toMatchObject({ may: false, unitsMissing: 6000 })
    expect(resultOf(analysis, 'orders')).toMatchObject({ verdict: 'undecided' })
    expect(resultOf(analysis, 'orders').p).toBeUndefined()
    expect(resultOf(analysis, 'orders').always!.low).toBeGreaterThan(0)
    // 16 · 0.9/0.1 / 0.1² of each arm for 10 % more of 10 %, and somewhat more because the arms differ.
    expect(resultOf(analysis, 'orders').unitsForEffect! / 28_000).toBeGreaterThan(0.9)
    expect(resultOf(analysis, 'orders').unitsForEffect!).toBeLessThan(90_000)
    expect(analysis.recommendations[0]).toMatchObject({ action: 'go on' })
    expect(analysis.memory.looks).toEqual([])
  })

  it('ships by the rule at a look, when it is won and nothing got worse, and remembers it', () => {
    const first = analyse(plan, state([5000, 500, 500], [5000, 700, 450]))
    expect(resultOf(first, 'orders')).toMatchObject({ verdict: 'better', effect: expect.closeTo(0.4, 9) })
    expect(resultOf(first, 'errors').verdict).toBe('no worse')
    expect(first.recommendations[0]!.action).toBe('ship')
    expect(first.memory.looks).toEqual([10_000])
    const between = analyse(plan, { ...state([6000, 600, 600], [6000, 700, 600]), memory: JSON.parse(JSON.stringify(first.memory)) })
    expect(between.looking.may).toBe(false)
    expect(between.recommendations[0]!.action).toBe('ship')
  })

  it('turns back at any moment when a guardrail is known to have got worse', () => {
    const analysis = analyse(plan, state([2000, 200, 200], [2000, 200, 400]))
    expect(resultOf(analysis, 'errors').verdict).toBe('worse')
    expect(analysis.recommendations[0]).toMatchObject({ action: 'turn back', because: ['errors got worse'] })
  })

  it('turns back when what it is about got worse', () => {
    expect(analyse(plan, state([10_000, 1500, 100], [10_000, 1000, 100])).recommendations[0]!.action).toBe('turn back')
  })

  it('does not ship what may have cost more than its margin', () => {
    const analysis = analyse(plan, state([5000, 500, 100], [5000, 700, 105]))
    expect(resultOf(analysis, 'errors').verdict).toBe('undecided')
    expect(analysis.recommendations[0]!.action).toBe('go on')
  })

  it('keeps control when everything planned was seen and nothing was found, and then leaves it at that', () => {
    const first = analyse(plan, state([5000, 500, 500], [5000, 505, 500]))
    expect(first.recommendations[0]!.action).toBe('go on')
    const last = analyse(plan, { ...state([10_000, 1000, 1000], [10_000, 1010, 1000]), memory: first.memory })
    expect(last.recommendations[0]!.action).toBe('keep control')
    const later = analyse(plan, { ...state([12_000, 1000, 1000], [12_000, 2000, 1000]), memory: last.memory })
    expect(later.looking).toMatchObject({ may: false, unitsMissing: 0 })
    expect(later.recommendations[0]!.action).toBe('keep control')
  })

  it('spends what is left when it ends early for another reason', () => {
    const analysis = analyse(plan, { ...state([3000, 300, 300], [3000, 400, 290]), isEnding: true })
    expect(analysis.looking).toMatchObject({ may: true, isLast: true })
    expect(resultOf(analysis, 'orders').verdict).toBe('better')
  })

  it('may be looked at always when no size is planned', () => {
    const always = planned({ ...draft, units: undefined, looks: undefined } as unknown as ExperimentDraft)
    const analysis = analyse(always, state([5000, 500, 500], [5000, 750, 400]))
    expect(analysis.looking.may).toBe(true)
    expect(resultOf(analysis, 'orders').verdict).toBe('better')
    expect(analysis.recommendations[0]!.action).toBe('ship')
  })

  it('shares alpha between decisions, and lets exploration decide nothing', () => {
    const many = planned({
      ...draft,
      metrics: [...draft.metrics, ...[1, 2, 3, 4].map((at) => ({ ...metricOf('orders'), key: `other${at}` }))],
      shipWhen: 'any',
    })
    const given = state([10_000, 1000, 1000], [10_000, 1095, 1000])
    // z = 2.2: enough for one question, not for five.
    expect(resultOf(analyse(plan, given), 'orders').verdict).toBe('better')
    expect(resultOf(analyse(many, given), 'orders')).toMatchObject({ verdict: 'undecided', adjusted: expect.closeTo(0.135, 1) })
  })

  it('says why there is nothing to tell, and takes nobody for nothing', () => {
    const ratio = planned({
      ...draft,
      metrics: [...draft.metrics, { key: 'ctr', kind: { type: 'ratio' }, role: 'exploratory', better: 'more', before: true }],
    })
    const analysis = analyse(ratio, state([5000, 500, 0], [5000, 500, 0]))
    expect(resultOf(analysis, 'ctr')).toMatchObject({ nothing: 'too few', unitsWithout: 10_000, verdict: 'undecided' })
    expect(resultOf(analysis, 'errors')).toMatchObject({ nothing: 'nothing to compare with' })
    expect(JSON.stringify(analysis)).not.toContain('null')
  })

  it('refuses arms that it does not know, and units that are none', () => {
    expect(refusal(() => analyse(plan, { arms: { other: { units: 1, sums: {} } } })).code).toBe('EXPERIMENT_UNITS')
    expect(refusal(() => analyse(plan, { arms: { control: { units: Number.NaN, sums: {} } } })).code).toBe('EXPERIMENT_UNITS')
  })
})
