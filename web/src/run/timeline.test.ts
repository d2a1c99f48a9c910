import { describe, expect, it } from 'vitest'
import type { StepView } from '../api/types.ts'
import { scaleOf, stepOfInterest } from './timeline.ts'

const at = (seconds: number) => new Date(seconds * 1000).toISOString()

function step(name: string, from: number | null, to: number | null, state: StepView['state'] = 'succeeded'): StepView {
  return {
    name,
    kind: 'check',
    stage: 'test',
    title: name,
    needs: [],
    state,
    attempt: 1,
    waiting: null,
    startedAt: from === null ? null : at(from),
    finishedAt: to === null ? null : at(to),
    message: null,
    hasLog: true,
    drifted: [],
    tests: null,
  }
}

describe('the timeline of a delivery', () => {
  it('gives each step its share of the time', () => {
    const scale = scaleOf([step('a', 0, 10), step('b', 10, 40)], 0, 40_000)
    expect(scale.at(10_000)).toBeCloseTo(0.25)
    expect(scale.at(40_000)).toBeCloseTo(1)
    expect(scale.gaps).toEqual([])
  })

  it('folds a wait of hours, so that the work before and after it stays visible', () => {
    const scale = scaleOf([step('build', 0, 30), step('deploy', 10_000, 10_030)], 0, 10_030_000)
    expect(scale.gaps).toHaveLength(1)
    expect(scale.gaps[0]!.ms).toBe(9_970_000)
    expect(scale.at(30_000)).toBeCloseTo(0.47)
    expect(scale.at(10_000_000)).toBeCloseTo(0.53)
  })

  it('stays within the chart for times before, after and without any step', () => {
    const scale = scaleOf([], 5_000, 5_000)
    expect([scale.at(0), scale.at(9_000_000)]).toEqual([0, 1])
  })

  it('copes with a step that ended before it started, as two clocks can make it', () => {
    const scale = scaleOf([step('a', 10, 5), step('b', 10, 20)], 0, 20_000)
    expect(scale.at(20_000)).toBe(1)
  })

  it('opens at what failed before what runs', () => {
    expect(stepOfInterest([step('a', 0, 1), step('b', 1, null, 'running'), step('c', 1, 2, 'failed')])?.name).toBe('c')
    expect(stepOfInterest([])).toBeUndefined()
  })
})
