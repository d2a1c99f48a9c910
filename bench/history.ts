/**
 * From a table of deployments to the first board: how long the import takes, and the board afterwards.
 *
 *     node bench/history.ts deployments.csv.gz docs/maps/govuk-deployments.yaml [--looks 20]
 */
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { run } from '../src/kernel/process.ts'
import { startServer } from '../src/server/serve.ts'
import { percentile } from './ledger/percentile.ts'

const { positionals, values } = parseArgs({ allowPositionals: true, options: { looks: { type: 'string', default: '20' } } })
const [file, map] = positionals
if (file === undefined || map === undefined) throw new Error('name a table and its map: node bench/history.ts deployments.csv.gz map.yaml')
await readFile(map)
createReadStream(file).close()
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
const home = path.join(folder, 'home')
try {
  const began = performance.now()
  const program = path.join(import.meta.dirname, '../bin/threeways.mjs')
  const args = [program, 'import', 'csv', file, '--map', map, '--home', home, '--skip-bad', '--json']
  const ran = await run(process.execPath, args, { cwd: process.cwd(), env: process.env })
  if (ran.code !== 0) throw new Error(ran.stderr)
  const imported = JSON.parse(ran.stdout) as { rows: number; recorded: number; tookMs: number }
  const board = await run(process.execPath, [program, 'flow', '--home', home], { cwd: process.cwd(), env: process.env })
  if (board.code !== 0) throw new Error(board.stderr)
  const first = (performance.now() - began) / 1000
  const rate = Math.round(imported.recorded / (imported.tookMs / 1000))
  console.log(
    `${imported.rows} rows: ${imported.recorded} events in ${(imported.tookMs / 1000).toFixed(1)} s (${rate} a second); with a new ledger until the first board ${first.toFixed(1)} s`,
  )
  await looks()
} finally {
  await removeTree(folder)
}

async function looks(): Promise<void> {
  const server = await startServer({
    home,
    host: '127.0.0.1',
    port: 0,
    anyPort: false,
    databaseUrl: undefined,
    repository: undefined,
    log: () => {},
  })
  try {
    for (const place of ['/api/flow', '/api/flow?days=3660']) {
      const times: number[] = []
      for (let n = 0; n < Number(values.looks); n++) {
        const began = performance.now()
        const response = await fetch(`${server.url}${place}`)
        if (!response.ok) throw new Error(await response.text())
        await response.arrayBuffer()
        times.push(Math.round(performance.now() - began))
      }
      console.log(
        `${place.padEnd(20)} p50 ${percentile(times, 50)} ms, p99 ${percentile(times, 99)} ms, ${times.length} looks one after the other`,
      )
    }
  } finally {
    await server.close()
  }
}
