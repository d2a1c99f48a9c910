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
    looking: { may: true, why: null, unitsMissing: null },
    results: [
      { ...result, metric: 'search.ms', q: 0.999, control: 812, treatment: 650, effect: -0.2 },
      { ...result, metric: 'answer.ms', q: 0.55, nothing: 'some values came without buckets' },
      { ...result, metric: 'ordered' },
    ],
    recommendations: [],
  }
  const rows = statusLines(status).table.slice(1)
  expect(rows.map(([metric]) => metric)).toEqual(['search.ms p99.9', 'answer.ms p55', 'ordered'])
  expect(rows.map((row) => row.at(-1))).toEqual(['undecided', 'some values came without buckets', 'undecided'])
})
