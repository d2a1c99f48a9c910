import { describe, expect, it } from 'vitest'
import { playSchedule, type Rule } from './schedule.fixture.ts'

const schedules = 100
const leaksUnder = (rule: Rule) => {
  let leaks = 0
  for (let seed = 1; seed <= schedules; seed++) leaks += playSchedule(seed, rule).leaks
  return leaks
}

describe(`in ${schedules} random schedules on several servers with wrong clocks, crashes and partitions`, () => {
  it('nothing slips past a stop', () => {
    for (let seed = 1; seed <= schedules; seed++) expect(playSchedule(seed, 'as it is').leaks, `seed ${seed}`).toBe(0)
  })

  it.each(['reads before the lock', 'forgets wide scopes', 'ignores expiry'] as const)('a rule that %s is found out', (rule) => {
    expect(leaksUnder(rule)).toBeGreaterThan(0)
  })
})
