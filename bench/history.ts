/**
 * From a table of deployments to the first board: how long the import takes, and the boards afterwards, of all value streams
 * and of one of twelve teams that share them.
 *
 *     node bench/history.ts deployments.csv.gz docs/maps/govuk-deployments.yaml [--looks 20]
 *     node bench/history.ts --grow 100000,1000000     tables of an estate that does not exist, of so many rows
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { run } from '../src/kernel/process.ts'
import { readAdminToken } from '../src/server/tokens.ts'
import { startServer } from '../src/server/serve.ts'
import { writeEstate } from './history/estate.ts'
import { percentile } from './ledger/percentile.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { looks: { type: 'string', default: '20' }, grow: { type: 'string' } },
})
const [file, map] = positionals
if (values.grow === undefined && (file === undefined || map === undefined))
  throw new Error('name a table and its map: node bench/history.ts deployments.csv.gz map.yaml; or --grow 100000,1000000')
const program = path.join(import.meta.dirname, '../bin/threeways.mjs')

const windows = ['days=90', 'days=3660']
const boards = ['flow', 'keys', 'constraint', 'coupling'].flatMap((board) => windows.map((window) => `/api/${board}?${window}`))
const boardsOfTeams = windows.map((window) => `/api/teams/flow?${window}`)
/** So many teams have all the value streams among them. */
const teams = 12

if (file !== undefined && map !== undefined) await measure(async () => file, map)
for (const rows of values.grow?.split(',') ?? []) {
  const write = async (folder: string) => {
    const table = path.join(folder, 'estate.csv')
    await writeEstate(table, Number(rows))
    return table
  }
  await measure(write, path.join(import.meta.dirname, '../docs/maps/govuk-deployments.yaml'))
}

async function measure(tableIn: (folder: string) => Promise<string>, map: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
  const home = path.join(folder, 'home')
  try {
    const table = await tableIn(folder)
    const began = performance.now()
    const args = [program, 'import', 'csv', table, '--map', map, '--home', home, '--skip-bad', '--json']
    const ran = await run(process.execPath, args, { cwd: process.cwd(), env: process.env, timeoutMs: 600_000 })
    if (ran.code !== 0) throw new Error(ran.stderr)
    const imported = JSON.parse(ran.stdout) as { rows: number; recorded: number; tookMs: number }
    const board = await run(process.execPath, [program, 'flow', '--home', home], {
      cwd: process.cwd(),
      env: process.env,
      timeoutMs: 600_000,
    })
    if (board.code !== 0) throw new Error(board.stderr)
    const first = (performance.now() - began) / 1000
    const rate = Math.round(imported.recorded / (imported.tookMs / 1000))
    console.log(
      `${imported.rows} rows: ${imported.recorded} events in ${(imported.tookMs / 1000).toFixed(1)} s (${rate} a second); with a new ledger until the first board ${first.toFixed(1)} s`,
    )
    await looks(home)
  } finally {
    await removeTree(folder)
  }
}

async function shareOut(home: string, url: string): Promise<void> {
  const headers = { authorization: `Bearer ${await readAdminToken(home)}`, 'content-type': 'application/json' }
  const { streams } = (await (await fetch(`${url}/api/flow`, { headers })).json()) as { streams: { stream: string }[] }
  const owners = streams.map(({ stream }, at) => ({ stream, team: `Team ${at % teams}`, since: '1970-01-01T00:00:00Z' }))
  const said = await fetch(`${url}/api/owners`, { method: 'POST', headers, body: JSON.stringify({ owners }) })
  if (!said.ok) throw new Error(await said.text())
}

async function looks(home: string): Promise<void> {
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
    await shareOut(home, server.url)
    for (const place of [...boards, ...boards.map((place) => `${place}&team=Team%200`), ...boardsOfTeams]) {
      const times: number[] = []
      for (let n = 0; n < Number(values.looks); n++) {
        const began = performance.now()
        const response = await fetch(`${server.url}${place}`)
        if (!response.ok) throw new Error(await response.text())
        await response.arrayBuffer()
        times.push(Math.round(performance.now() - began))
      }
      console.log(
        `${place.padEnd(40)} p50 ${percentile(times, 50)} ms, p99 ${percentile(times, 99)} ms, ${times.length} looks one after the other`,
      )
    }
  } finally {
    await server.close()
  }
}
