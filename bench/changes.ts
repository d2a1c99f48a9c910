/**
 * From a table of deployments and the commits of two services to the first look at how their changes flow, and every look afterwards.
 * Needs `../shared/data`.
 *
 *     node bench/changes.ts [--data ../shared/data] [--looks 20]
 */
import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { createGunzip } from 'node:zlib'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { run } from '../src/kernel/process.ts'
import { startServer } from '../src/server/serve.ts'
import { makeRepository, sharedCommits } from './git/repositories.ts'
import { percentile } from './ledger/percentile.ts'

const { values } = parseArgs({ options: { data: { type: 'string', default: '../shared/data' }, looks: { type: 'string', default: '20' } } })
const services = ['finder-frontend', 'asset-manager']
const table = path.join(values.data, 'govuk-deployments.csv.gz')
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

/** The commits are made anew and have other names: so must those in the table. */
async function renamedTable(names: ReadonlyMap<string, string>): Promise<string> {
  const lines: string[] = []
  for await (const line of createInterface({ input: createReadStream(table).pipe(createGunzip()) }))
    lines.push(line.replaceAll(/[0-9a-f]{40}/g, (sha) => names.get(sha) ?? sha))
  const file = path.join(folder, 'deployments.csv')
  await writeFile(file, `${lines.join('\n')}\n`)
  return file
}

try {
  if (!existsSync(table)) throw new Error(`${values.data} has no deployments`)
  const names = new Map<string, string>()
  for (const service of services)
    for (const [old, sha] of await makeRepository(path.join(folder, `${service}.git`), (await sharedCommits(values.data, service))!))
      names.set(old, sha)
  const file = await renamedTable(names)
  const began = performance.now()
  await threeways('import', 'csv', file, '--map', map, '--skip-bad')
  for (const service of services)
    await threeways('import', 'git', path.join(folder, `${service}.git`), '--repository', `alphagov/${service}`)
  const board = await threeways('flow', services[0]!)
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
    const commit = [...names.values()].at(-100)!
    const ask = async (place: string) => {
      const started = performance.now()
      const response = await fetch(`${server.url}${place}`)
      if (!response.ok) throw new Error(await response.text())
      await response.arrayBuffer()
      return performance.now() - started
    }
    for (const place of [
      '/api/flow',
      `/api/flow/${services[0]}`,
      `/api/flow/${services[0]}?days=3000&rows=true`,
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
