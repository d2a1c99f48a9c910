import { describe, expect, it } from 'vitest'
import { clockAt, run, stage, card } from '../../dev/build-fixtures.ts'
import type { StageView } from '../api/types.ts'
import { columnsOf, edgesOf, progressOf, trainsOf } from './layout.ts'

const names = (stages: readonly StageView[]) => columnsOf(stages).map((column) => column.map((each) => each.name))
const diamond = [
  stage('dev', []),
  stage('acceptance', ['dev']),
  stage('security', ['dev']),
  stage('production', ['acceptance', 'security']),
]
const clock = clockAt(1_000_000_000_000)

describe('the shape of the line', () => {
  it('puts stages that may run side by side into one column', () => {
    expect(names(diamond)).toEqual([['dev'], ['acceptance', 'security'], ['production']])
  })

  it('survives a stage after itself or after one that is not there', () => {
    expect(names([stage('a', ['a', 'gone']), stage('b', ['a'])])).toEqual([['a'], ['b']])
  })

  it('draws no rail that another path already makes', () => {
    const rails = edgesOf([stage('a', []), stage('b', ['a']), stage('c', ['a', 'b'])]).map(({ from, to }) => `${from}>${to}`)
    expect(rails).toEqual(['commit>candidate', 'candidate>stage:a', 'stage:a>stage:b', 'stage:b>stage:c'])
  })
})

describe('where a delivery is on the line', () => {
  const active = run(clock, 'Mia', 'Sell more', 10, { state: 'running', finishedAt: null, stage: 'security' })
  const entry = { card: card(clock, 'Mia', 'Sell more', 10), run: active.id, since: clock.ago(1), waiting: null, message: null }
  const standing = (states: Record<string, 'running' | 'verified' | 'waiting'>) =>
    diamond.map((each) => {
      const state = states[each.name]
      return state === undefined ? each : { ...each, candidates: [{ ...entry, state }] }
    })
  const trains = (stages: StageView[]) =>
    trainsOf({ stream: 's', repository: null, line: { status: 'open', stops: [] }, stages, runs: [active] }).map(
      ({ station, state }) => `${station} ${state}`,
    )

  it('is at the front only, on every parallel stage', () => {
    expect(trains(standing({ dev: 'verified', acceptance: 'verified', security: 'running' }))).toEqual([
      'stage:acceptance through',
      'stage:security running',
    ])
    expect(trains(standing({ dev: 'verified', acceptance: 'verified', security: 'verified', production: 'waiting' }))).toEqual([
      'stage:production waiting',
    ])
  })

  it('is being made while it is in no stage', () => {
    expect(trains(diamond)).toEqual(['candidate running'])
  })

  it('came as far as its stage', () => {
    expect(progressOf(active, diamond)).toEqual(['done', 'done', 'here', 'ahead'])
    expect(progressOf({ ...active, stage: null }, diamond)).toEqual(['here', 'ahead', 'ahead', 'ahead'])
  })
})
