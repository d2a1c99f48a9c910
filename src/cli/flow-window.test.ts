import { describe, expect, it } from 'vitest'
import { nothingTold, windowQuery } from './flow-window.ts'

const now = Date.parse('2026-11-27T12:00:00Z')

describe('the window of a board', () => {
  it('is what is said of it', () => {
    expect(String(windowQuery({ since: '2026-01-01', days: 7, team: 'A & B' }, now))).toBe(
      'since=2026-01-01T00%3A00%3A00.000Z&days=7&team=A+%26+B',
    )
  })

  it.each([
    [{ since: '2026-05-01', until: '2026-01-01' }, '--since 2026-05-01 does not lie before --until 2026-01-01'],
    [{ since: '2030-01-01' }, '--since 2030-01-01 lies in the future'],
    [{ since: '2026-05-01', asOf: '2026-01-01' }, '--since 2026-05-01 lies after --as-of 2026-01-01'],
  ])('is refused where it can hold nothing: %j', (flags, message) => {
    expect(() => windowQuery(flags, now)).toThrow(message)
  })

  it('says of an empty board what it was narrowed to', () => {
    expect(nothingTold({})).toMatch(/^nothing was deployed yet/)
    expect(nothingTold({ to: 'nowhere' })).toMatch(/^nothing is known of deployments to "nowhere"; .* without --to shows/)
    expect(nothingTold({ to: 'nowhere', asOf: '2020-01-01' })).toMatch(/ to "nowhere" on 2020-01-01; .* without --to and --as-of/)
  })
})
