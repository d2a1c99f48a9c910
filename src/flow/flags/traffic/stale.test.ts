import { describe, expect, it } from 'vitest'
import { flagOf } from '../testing.ts'
import { staleBecause } from './stale.ts'

const now = Date.parse('2026-11-26T12:00:00Z')
const quiet = { lastAsked: null, toldSince: null }
const flag = (environments: string, more = '') =>
  flagOf(`flag: x\nowner: a\npurpose: release\nexpires: 2027-01-01\nenvironments: ${environments}\n${more}`)

describe('a flag should go', () => {
  it('when it expired', () => {
    expect(
      staleBecause({ ...flag('{production: {state: ramp, serve: {on: 5%}}}'), expires: '2026-11-20' }, '2026-11-25', quiet, now),
    ).toEqual(['it expired 6 days ago'])
  })

  it('when everybody has had the same for long, whatever its state is called', () => {
    for (const settled of ['{state: on, serve: on}', '{state: ramp, serve: {on: 100%}}', '{state: retired, serve: on}'])
      expect(staleBecause(flag(`{production: ${settled}}`), '2026-11-01', quiet, now)).toEqual([
        'everybody has had "on" everywhere for 25 days',
      ])
  })

  it('and not while it decides something, or may have to', () => {
    for (const alive of [
      '{state: dark}',
      '{state: ramp, serve: {on: 99%}}',
      '{state: on, serve: on, killed: true}',
      '{state: on, serve: on, rules: [{id: a, when: {b: 1}, serve: off}]}',
    ])
      expect(staleBecause(flag(`{production: ${alive}}`), '2026-01-01', quiet, now)).toEqual([])
    expect(staleBecause({ ...flag('{production: {state: on, serve: on}}'), purpose: 'operations' }, '2026-01-01', quiet, now)).toEqual([])
  })

  it('when nobody asks for it, where anybody tells', () => {
    const ramp = flag('{production: {state: ramp, serve: {on: 5%}}}')
    expect(staleBecause(ramp, '2026-09-01', { lastAsked: '2026-10-01', toldSince: '2026-08-01' }, now)).toEqual([
      'nobody asked for it for 56 days',
    ])
    expect(staleBecause(ramp, '2026-09-01', { lastAsked: null, toldSince: '2026-08-01' }, now)).toEqual([
      'nobody asked for it since 2026-08-01',
    ])
    expect(staleBecause(ramp, '2026-09-01', { lastAsked: null, toldSince: '2026-11-20' }, now)).toEqual([])
  })
})
