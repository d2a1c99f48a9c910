/**
 * Random schedules of stops, promotions, crashes, wrong clocks and partitions over the line's own decisions: how many promotions
 * and offline executors slip past a stop. `npx node bench/line-leaks.ts [schedules] [first seed]`
 */
import { playSchedule, type Rule } from '../src/feedback/line/schedule.fixture.ts'

const [schedules = 10_000, first = 1] = process.argv.slice(2).map(Number)
const rules: readonly Rule[] = ['as it is', 'reads before the lock', 'forgets wide scopes', 'ignores expiry']

for (const rule of rules) {
  const told = { leaks: 0, promotions: 0, held: 0, postures: 0, crashes: 0 }
  // A broken rule is found out soon.
  const some = rule === 'as it is' ? schedules : Math.min(schedules, 500)
  for (let seed = first; seed < first + some; seed++) {
    const one = playSchedule(seed, rule)
    for (const key of Object.keys(told) as (keyof typeof told)[]) told[key] += one[key]
    if (rule === 'as it is' && one.leaks > 0) console.log(`  seed ${seed}: ${one.leaks} leaks`)
  }
  const goal = rule === 'as it is' ? 'goal 0' : 'broken on purpose: must not be 0'
  console.log(
    `${rule}: ${told.leaks} leaks (${goal}) in ${some} schedules, ${told.promotions} promotions, ${told.held} held up, ${told.postures} offline decisions, ${told.crashes} crashes`,
  )
  if ((rule === 'as it is') !== (told.leaks === 0)) process.exitCode = 1
}
