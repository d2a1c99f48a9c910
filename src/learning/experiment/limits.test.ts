import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { analyse, type Analysis, type PhaseState } from './analysis.ts'
import { draft, metricOf, rateOf, state } from './experiment.fixture.ts'
import { nothingSeen, type Memory } from './looks.ts'
import { planned, type ExperimentDraft } from './plan.ts'

type Limits = { readonly low: number; readonly high: number }
const holds0 = ({ low, high }: Limits) => low < 0 && high > 0

/** Two metrics that decide, of which one counts down, one guardrail, and one to explore. */
const both: ExperimentDraft = {
  ...draft,
  metrics: [
    draft.metrics[0]!,
    { key: 'returns', kind: { type: 'binary' }, role: 'decision', better: 'less', effect: 0.1 },
    draft.metrics[1]!,
    { key: 'clicks', kind: { type: 'binary' }, role: 'exploratory', better: 'more' },
  ],
}

const arm = (units: number, [orders, returns, errors, clicks]: readonly number[]) => ({
  units,
  sums: {
    orders: rateOf('orders', Math.round(orders! * units), units),
    returns: rateOf('orders', Math.round(returns! * units), units),
    errors: rateOf('errors', Math.round(errors! * units), units),
    clicks: rateOf('orders', Math.round(clicks! * units), units),
  },
})

const rates = fc.tuple(...Array.from({ length: 4 }, () => fc.double({ min: 0.08, max: 0.14, noNaN: true })))
const looks = fc.array(fc.tuple(rates, rates), { minLength: 1, maxLength: 2 })

function lookedAt(plan: ReturnType<typeof planned>, units: number, [control, express]: readonly (readonly number[])[], memory: Memory) {
  const half = units / 2
  const given: PhaseState = { arms: { control: arm(half, control!), express: arm(half, express!) } }
  return analyse(plan, { ...given, memory: JSON.parse(JSON.stringify(memory)) as Memory })
}

function agrees({ results }: Analysis, limitsOf: 'atLook' | 'always'): void {
  for (const result of results) {
    const { role, verdict, leastGain } = result
    if (role === 'decision') {
      const limits = result[limitsOf]
      if (limits !== undefined) expect([result.metric, holds0(limits)]).toEqual([result.metric, verdict === 'undecided'])
    }
    if (role === 'exploratory' && verdict !== 'undecided') expect(result.always !== undefined && holds0(result.always)).toBe(false)
    if (role === 'guardrail' && verdict === 'worse') expect(result.always?.low ?? 0).toBeGreaterThanOrEqual(0)
    if (role === 'guardrail' && leastGain !== undefined && verdict !== 'worse') expect(leastGain >= -0.1).toBe(verdict === 'no worse')
  }
}

describe('limits', () => {
  it('of a look hold 0 as long as nothing is decided, and no longer, from look to look', () => {
    const plan = planned(both)
    fc.assert(
      fc.property(looks, (all) => {
        let memory = nothingSeen
        for (const [at, given] of all.entries()) {
          const analysis = lookedAt(plan, (at + 1) * 10_000, given, memory)
          agrees(analysis, 'atLook')
          ;({ memory } = analysis)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('of any moment do so where no size is planned', () => {
    const plan = planned({ ...both, units: undefined, looks: undefined } as unknown as ExperimentDraft)
    fc.assert(
      fc.property(looks, (all) => {
        let memory = nothingSeen
        for (const [at, given] of all.entries()) {
          const analysis = lookedAt(plan, (at + 1) * 10_000, given, memory)
          agrees(analysis, 'always')
          ;({ memory } = analysis)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('exclude 0 where a large effect is barely told from none, by which alone it is decided', () => {
    // z = 2.52 of the difference; by the error of the relative effect, which grows with it, it would be 2.0.
    const few = planned({ ...draft, units: 1_200, looks: [1] })
    const analysis = analyse(few, state([600, 20, 20], [600, 38, 20]))
    const orders = analysis.results.find(({ metric }) => metric === 'orders')!
    expect(orders.verdict).toBe('better')
    expect(orders.atLook!.low).toBeGreaterThan(0)
    expect(orders.atLook!.high - orders.effect!).toBeGreaterThan(orders.effect! - orders.atLook!.low)
  })

  it('of the last look stand until the next', () => {
    const plan = planned(draft)
    const first = analyse(plan, state([5000, 500, 500], [5000, 700, 450]))
    const between = analyse(plan, { ...state([6000, 600, 600], [6000, 640, 600]), memory: first.memory })
    const of = ({ results }: Analysis, key: string) => results.find(({ metric }) => metric === key)!
    expect(between.looking.may).toBe(false)
    expect(of(between, 'orders')).toMatchObject({ verdict: 'better', atLook: of(first, 'orders').atLook })
    expect(of(between, 'errors')).toMatchObject({ verdict: 'no worse', leastGain: of(first, 'errors').leastGain })
  })

  it('are not told where control itself cannot be told from nothing', () => {
    const analysis = analyse(planned(draft), state([5000, 1, 20], [5000, 3, 20]))
    const { always, effect } = analysis.results.find(({ metric }) => metric === metricOf('orders').key)!
    expect(effect).toBeCloseTo(2)
    expect(always!.high).toBe(Number.POSITIVE_INFINITY)
  })
})
