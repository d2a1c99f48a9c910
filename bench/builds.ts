/**
 * The board of builds of many runs: the first look after a start, every look afterwards, and the one after something was told. The rows
 * are written into their tables at once: how fast events come in is another question (`ledger.ts`).
 *
 *     node bench/builds.ts [--runs 100000] [--looks 10]
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { eventOf } from '../src/flow/history/record.ts'
import { instantOf } from '../src/kernel/clock.ts'
import { startServer } from '../src/server/serve.ts'
import { percentile } from './ledger/percentile.ts'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '100000' }, looks: { type: 'string', default: '10' } } })
const [runs, looks] = [Number(values.runs), Number(values.looks)]
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
/** Four jobs each, of fifty repositories, over a year. */
const minutes = (365 * 1440) / runs
const columns = 'source, run, name, repository, commit, stream, queued, started, finished, outcome, attempt'
const moment = (later: string) =>
  `to_char(timestamp '2025-01-01' + i * ${minutes} * interval '1 minute' + interval '${later}', 'YYYY-MM-DD"T"HH24:MI:SS".000000000Z"')`
const row = `'/ci/' || i % 50, i::text, 'CI ' || i % 50, 'acme/' || i % 50, lpad(i::text, 40, '0'), 's' || i % 50,
  ${moment('0 seconds')}, ${moment('20 seconds')}, ${moment('10 minutes')}, 'success', 1`

try {
  const options = { host: '127.0.0.1', port: 0, anyPort: false, databaseUrl: undefined, repository: undefined, log: () => {} }
  const server = await startServer({ home: path.join(folder, 'home'), ...options })
  try {
    const { db } = server.threeways.ledger
    await sql.raw(`insert into projection.run_history (${columns}) select ${row} from generate_series(1, ${runs}) i`).execute(db)
    await sql
      .raw(
        `insert into projection.task_history (${columns}, task)
          select ${row}, i || '/' || j from generate_series(1, ${runs}) i, generate_series(1, 4) j`,
      )
      .execute(db)
    // What PostgreSQL does by itself within a minute of rows that came in.
    await sql.raw('analyze projection.run_history, projection.task_history').execute(db)
    const ask = async (place: string) => {
      const began = performance.now()
      const response = await fetch(`${server.url}${place}`)
      if (!response.ok) throw new Error(await response.text())
      await response.arrayBuffer()
      return performance.now() - began
    }
    const memory = () => Math.round(process.memoryUsage().rss / 2 ** 20)
    const before = memory()
    console.log(`${runs.toLocaleString('en')} runs with four jobs each; first look ${(await ask('/api/builds')).toFixed(0)} ms`)
    for (const place of ['/api/builds', '/api/builds/s7', '/api/builds?days=366']) {
      const times: number[] = []
      for (let look = 0; look < looks; look++) times.push(await ask(place))
      console.log(`${place}: p50 ${percentile(times, 50).toFixed(0)} ms, p99 ${percentile(times, 99).toFixed(0)} ms`)
    }
    const told = { kind: 'run', run: '7', name: 'CI 7', phase: 'queued', id: 'again', at: instantOf(Date.UTC(2025, 5, 1)) } as const
    await server.threeways.ledger.append([eventOf(told, '/ci/7')])
    console.log(`after something was told: ${(await ask('/api/builds')).toFixed(0)} ms`)
    console.log(`memory ${memory()} MiB; before the first look ${before} MiB`)
  } finally {
    await server.close()
  }
} finally {
  await removeTree(folder)
}
