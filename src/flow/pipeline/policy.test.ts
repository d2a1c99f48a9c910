import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance, downstream, type StepStanding } from './policy.ts'
import type { StepState } from './work.ts'

const step = (name: string, state: StepState, needs: string[] = [], settles?: string): StepStanding => ({
  name,
  needs,
  state,
  rule: settles === undefined ? 'success' : 'always',
  undoes: settles ?? null,
})

describe('a run moves from step to step', () => {
  it('begins with what needs nothing', () => {
    expect(advance([step('a', 'pending'), step('b', 'pending', ['a'])], false)).toEqual({ ready: ['a'], skipped: [], run: 'running' })
  })

  it('begins checks that need the same step together', () => {
    const steps = [step('a', 'succeeded'), step('b', 'pending', ['a']), step('c', 'pending', ['a'])]
    expect(advance(steps, false).ready).toEqual(['b', 'c'])
  })

  it('skips everything after a failure, and ends failed', () => {
    const steps = [step('a', 'failed'), step('b', 'pending', ['a']), step('c', 'pending', ['b'])]
    expect(advance(steps, false)).toEqual({ ready: [], skipped: ['b', 'c'], run: 'failed' })
  })

  it('settles a stage that was entered, also after a failure in it', () => {
    const steps = [step('enter', 'succeeded'), step('check', 'failed', ['enter']), step('settle', 'pending', ['enter', 'check'], 'enter')]
    expect(advance(steps, false)).toEqual({ ready: ['settle'], skipped: [], run: 'running' })
  })

  it('does not settle a stage that was never entered', () => {
    const steps = [step('build', 'failed'), step('enter', 'pending', ['build']), step('settle', 'pending', ['enter'], 'enter')]
    expect(advance(steps, false)).toEqual({ ready: [], skipped: ['enter', 'settle'], run: 'failed' })
  })

  it('begins nothing new when cancelled, but settles what was begun', () => {
    const steps = [
      step('enter', 'succeeded'),
      step('check', 'cancelled', ['enter']),
      step('settle', 'pending', ['enter', 'check'], 'enter'),
      step('next', 'pending', ['settle']),
    ]
    expect(advance(steps, true)).toEqual({ ready: ['settle'], skipped: ['next'], run: 'running' })
  })

  it('waits as a whole only while nothing of it works', () => {
    expect(advance([step('a', 'waiting'), step('b', 'running')], false).run).toBe('running')
    expect(advance([step('a', 'waiting'), step('b', 'pending', ['a'])], false).run).toBe('waiting')
  })

  it('asks for a person when an outcome was lost', () => {
    expect(advance([step('a', 'needs-attention'), step('b', 'pending', ['a'])], false).run).toBe('needs-attention')
  })

  it('always ends, and never runs a step whose needs did not succeed, whatever fails in whatever order', () => {
    const plan = fc.array(fc.record({ needs: fc.array(fc.nat(11), { maxLength: 3 }), fails: fc.boolean() }), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(plan, fc.infiniteStream(fc.nat()), (shape, dice) => {
        let steps = shape.map(({ needs }, index) => step(String(index), 'pending', needs.filter((need) => need < index).map(String)))
        const set = (name: string, state: StepState) => (steps = steps.map((s) => (s.name === name ? { ...s, state } : s)))
        for (let turns = 0; turns < 100; turns++) {
          const { ready, skipped, run } = advance(steps, false)
          for (const name of skipped) set(name, 'skipped')
          if (ready.length === 0) {
            expect(['succeeded', 'failed']).toContain(run)
            return
          }
          const name = ready[dice.next().value! % ready.length]!
          const needs = steps.find((s) => s.name === name)!.needs
          expect(needs.every((need) => steps.find((s) => s.name === need)!.state === 'succeeded')).toBe(true)
          set(name, shape[Number(name)]!.fails ? 'failed' : 'succeeded')
        }
        expect.unreachable('a run did not end')
      }),
    )
  })
})

describe('running again', () => {
  it('repeats a step and all that come after it, and nothing else', () => {
    const steps = [step('a', 'succeeded'), step('b', 'failed', ['a']), step('c', 'skipped', ['b']), step('d', 'succeeded', ['a'])]
    expect(downstream(steps, 'b')).toEqual(['b', 'c'])
  })
})
