/**
 * Kills the server, and its database, at random moments while it delivers; then says what was lost or done twice. With `--fleet` there
 * are two servers, a worker for each, and one PostgreSQL server for all, and each of the five is shot at. With `--external` the database
 * is the PostgreSQL that the system brought.
 *
 *     node bench/chaos.ts [--kills 30] [--seed 1] [--fleet] [--external] [--pause-ms 3000] [--keep]
 */
import { parseArgs } from 'node:util'
import { fleetStorm, type FleetVerdict } from './chaos/fleet-storm.ts'
import { storm } from './chaos/storm.ts'
import type { Verdict } from './chaos/verdict.ts'
import { percentile } from './ledger/percentile.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    /** From one kill to the next, at most. */
    'pause-ms': { type: 'string', default: '3000' },
    keep: { type: 'boolean', default: false },
    fleet: { type: 'boolean', default: false },
    external: { type: 'boolean', default: false },
  },
})
const began = performance.now()
const how = {
  kills: Number(values.kills),
  seed: Number(values.seed),
  pauseMsMax: Number(values['pause-ms']),
  keep: values.keep,
  external: values.external,
  say: (line: string) => console.error(line),
}
const verdict: Verdict & Partial<FleetVerdict> = await (values.fleet ? fleetStorm(how) : storm(how))
const { figures, faults, shots, takeoverMs } = verdict
const { kills, deliveries, delivered, superseded, broken, attended, repeated, steps, events, acknowledged, movingAgainMs } = figures
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

console.log(`${kills} kills (seed ${values.seed}) in ${seconds(performance.now() - began)}`)
if (shots) console.log([...shots].map(([name, count]) => `${name} ${count}`).join(', '))
console.log(
  `${deliveries} deliveries accepted: ${delivered} in production, ${superseded} superseded, ${broken} of broken commits; ${steps} steps succeeded, ${repeated} were begun again, ${attended} of them by a person`,
)
console.log(`${events} events, ${acknowledged} of them sent and acknowledged during the kills`)
console.log(`from kill to moving again, p50 ${seconds(percentile(movingAgainMs, 50))}, worst ${seconds(Math.max(...movingAgainMs))}`)
if (takeoverMs && takeoverMs.length > 0)
  console.log(
    `${takeoverMs.length} steps were taken over: from kill to begun by another, p50 ${seconds(percentile(takeoverMs, 50))}, p99 ${seconds(percentile(takeoverMs, 99))}`,
  )
console.log(
  `lost runs ${figures.lostRuns}, doubly committed steps ${figures.doubleSteps}, lost acknowledged events ${figures.lostEvents} (goal: 0, 0, 0)`,
)
for (const fault of faults) console.log(`FAULT ${fault}`)
if (faults.length > 0) process.exitCode = 1
