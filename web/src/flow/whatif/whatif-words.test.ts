import { describe, expect, it } from 'vitest'
import { firstTrial, textOf, trialAt } from './whatif-trial.ts'
import { savedTold } from './whatif-words.ts'

describe('what a change would do, read by people', () => {
  it('says of what nobody would feel that it is the same, once', () => {
    expect(savedTold({ value: -7_900_000, low: -8_000_000, high: 0 })).toBe('2.2 h less (2.2 h less – the same)')
    expect(savedTold({ value: 0, low: 0, high: 0 })).toBe('the same')
    expect(savedTold({ value: 60_000, low: 0, high: 120_000 })).toMatch(/^60 s more|^1 min more/)
  })

  it('begins with what would help at the constraint, and with the last step where nothing on the way is asked for', () => {
    const places = ['staging', 'production']
    const first = (asked: string | null) => textOf(firstTrial(asked, places))
    expect(first(textOf(trialAt({ to: 'staging', cause: 'gate' })))).toBe('gate staging open')
    expect(first(textOf(trialAt({ to: 'staging', cause: 'stage' })))).toBe('stage staging x0.5')
    expect(first(textOf(trialAt({ to: 'merged', cause: 'stage' })))).toBe('stage production x0.5')
    expect(first(null)).toBe('stage production x0.5')
  })
})
