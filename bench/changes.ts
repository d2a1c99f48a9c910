/**
 * From a table of deployments and the commits of two services to the first look at how their changes flow, and every look afterwards.
 * Needs `../shared/data`.
 *
 *     node bench/changes.ts [--data ../shared/data] [--looks 20]
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { run } from '../src/kernel/process.ts'
import { startServer } from '../src/server/serve.ts'
import { makeSharedHistory, sharedServices } from './git/shared.ts'
import { percentile } from './ledger/percentile.ts'

const { values } = parseArgs({ options: { data: { type: 'string', default: '../shared/data' }, looks: { type: 'string', default: '20' } } })
const program = path.join(import.meta.dirname, '../bin/threeways.mjs')
const map = path.join(import.meta.dirname, '../docs/maps/govuk-deployments.yaml')
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
const home = path.join(folder, 'home')
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

async function threeways(...args: string[]): Promise<string> {
  const ran = await run(process.execPath, [program, ...args, '--home', home], { env: process.env, timeoutMs: 600_000 })
  if (ran.code !== 0) throw new Error(ran.stderr)
  return ran.stdout
}

try {
  const history = await makeSharedHistory(values.data, folder)
  if (history === undefined) throw new Error(`${values.data} has no deployments and commits`)
  const began = performance.now()
  await threeways('import', 'csv', history.table, '--map', map, '--skip-bad')
  for (const [service, repository] of history.repositories)
    await threeways('import', 'git', repository, '--repository', `alphagov/${service}`)
  const board = await threeways('flow', sharedServices[0])
  console.log(`65,514 rows and two histories, with a new ledger until the first board: ${seconds(performance.now() - began)}`)
  if (!board.includes('from begun')) throw new Error('the board tells of no changes')
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
    const commit = [...history.names.values()].at(-100)!
    const ask = async (place: string) => {
      const started = performance.now()
      const response = await fetch(`${server.url}${place}`)
      if (!response.ok) throw new Error(await response.text())
      await response.arrayBuffer()
      return performance.now() - started
    }
    for (const place of [
      '/api/flow',
      `/api/flow/${sharedServices[0]}`,
      `/api/flow/${sharedServices[0]}?days=3000&rows=true`,
      '/api/constraint',
      '/api/constraint?days=3660',
      `/api/lineage/${commit}`,
    ]) {
      const first = await ask(place)
      const times: number[] = []
      for (let look = 0; look < Number(values.looks); look++) times.push(await ask(place))
      console.log(
        `${place}: first ${first.toFixed(0)} ms, then p50 ${percentile(times, 50).toFixed(0)} ms, p99 ${percentile(times, 99).toFixed(0)} ms`,
      )
    }
  } finally {
    await server.close()
  }
} finally {
  await removeTree(folder)
}
