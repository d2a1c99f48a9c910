/**
 * The five keys with many incidents: how long the board takes in a process that has read the deployments of GOV.UK already.
 *
 *     node bench/keys.ts [--incidents 0,140,1000,3000]
 *
 * Each incident is caused by a deployment to production drawn at random, detected up to a day after it and over within two days.
 */
import { parseArgs } from 'node:util'
import { groundsOf } from '../src/flow/measures/attribution/blame.ts'
import type { Incident } from '../src/flow/measures/attribution/failures.ts'
import { keysBoard } from '../src/flow/measures/keys/board.ts'
import { FlowQuery } from '../src/flow/measures/schemas.ts'
import { readGovuk, sequence } from './delivery-history/past.ts'
import { percentile } from './ledger/percentile.ts'

const { values } = parseArgs({ options: { incidents: { type: 'string', default: '0,140,1000,3000' } } })
const hour = 3_600_000
const past = await readGovuk()
if (past !== undefined) {
  const placed = groundsOf(past).in('production')
  const now = placed.at(-1)!.at
  for (const count of values.incidents.split(',').map(Number)) {
    const random = sequence(count)
    const incidents = Array.from({ length: count }, (_, n): Incident => {
      const { stream, at } = placed[Math.floor(random() * placed.length)]!
      const detected = Math.min(now, at + random() ** 3 * 24 * hour)
      const rest = { began: undefined, version: undefined, summary: undefined, attributed: undefined }
      return { stream, environment: 'production', incident: `INC-${n}`, detected, resolved: detected + random() * 48 * hour, ...rest }
    }).toSorted((a, b) => a.detected - b.detected)
    const told = { incidents, failed: [] }
    for (const days of ['90', '3660']) {
      const query = FlowQuery.parse({ days })
      const times: number[] = []
      for (let look = 0; look < 20; look++) {
        const began = performance.now()
        keysBoard(past, told, query, now)
        times.push(Math.round(performance.now() - began))
      }
      console.log(
        `${String(count).padStart(5)} incidents, ${days.padStart(4)} days: first ${times[0]} ms, then p50 ${percentile(times.slice(1), 50)} ms`,
      )
    }
  }
}
