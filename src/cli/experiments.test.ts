import { expect, it } from 'vitest'
import { statusLines, type ExperimentStatus } from './experiments.ts'

it('says of a quantile which one it is, and why there may be nothing to tell of it', () => {
  const result = { arm: 'new', role: 'decision', verdict: 'undecided' }
  const status: ExperimentStatus = {
    experiment: 'index',
    hypothesis: 'another index is faster',
    owner: 'shop',
    flag: 'search',
    environment: 'production',
    state: 'running',
    startedAt: '2026-11-26T10:00:00.000Z',
    decided: null,
    layer: null,
    holdouts: [],
    phase: 1,
    since: '2026-11-26T10:00:00.000Z',
    units: 0,
    plannedUnits: null,
    arms: [],
    crossed: 0,
    split: { verdict: 'right', p: 1, sees: 2 },
    plan: {
      metrics: (['decision', 'guardrail'] as const).map((role) => ({
        metric: `${role}.ms`,
        kind: 'quantile 0.999',
        role,
        better: 'less',
        before: false,
        effect: role === 'decision' ? 0.05 : null,
        margin: role === 'guardrail' ? 0.02 : null,
      })),
      looks: [],
      alpha: 0.05,
      power: 0.8,
      shipWhen: 'every',
    },
    looking: { may: true, why: null, unitsMissing: null },
    results: [
      { ...result, metric: 'search.ms', q: 0.999, control: 812, treatment: 650, effect: -0.2 },
      { ...result, metric: 'answer.ms', q: 0.55, nothing: 'some values came without buckets' },
      { ...result, metric: 'ordered' },
    ],
    recommendations: [],
  }
  expect(statusLines(status).head).toEqual(
    expect.arrayContaining([
      'written down: shipped when every decision metric is better and every guardrail holds; decided at any moment; alpha 0.05, power 0.8',
      '  decision.ms: decides, quantile 0.999, less is better, 5 % are worth seeing',
      '  guardrail.ms: must not get worse, quantile 0.999, less is better, 2 % worse is borne',
    ]),
  )
  const rows = statusLines(status).table.slice(1)
  expect(rows.map(([metric]) => metric)).toEqual(['search.ms p99.9', 'answer.ms p55', 'ordered'])
  expect(rows.map((row) => row.at(-1))).toEqual(['undecided', 'some values came without buckets', 'undecided'])
})
