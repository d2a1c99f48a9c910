/**
 * Our keys beside those of Apache DevLake's DORA dashboard, on the same rows in one PostgreSQL: its queries as its file has them, ours
 * as anybody asks for them. Every difference is led over, rule by rule, from our number to theirs (docs/devlake.md).
 *
 *     node bench/devlake.ts --dashboard DORA.json [--data ../shared/data] [--since 2024-01-01] [--until 2025-01-01] [--as-of …] [--times 5]
 *
 * `--as-of` leaves out what happened after the end of a day, for both. `--dashboard` is `grafana/dashboards/postgresql/DORA.json` of DevLake's repository; it is not part of this one. Ends with 2 where that
 * or the data is not there, with 1 where a difference is not explained.
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { startCluster, type Cluster } from '../src/kernel/postgres/cluster.ts'
import { compareEstate, compareService } from './devlake/compare.ts'
import { bandsOf, NotThere, readDashboard } from './devlake/dashboard.ts'
import { importAll, serveOurs } from './devlake/ours.ts'
import { readRows } from './devlake/rows.ts'
import { fill, group } from './devlake/tables.ts'
import { makeSharedHistory, sharedServices } from './git/shared.ts'

const report = '2023'

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      dashboard: { type: 'string' },
      data: { type: 'string', default: '../shared/data' },
      since: { type: 'string', default: '2024-01-01' },
      until: { type: 'string', default: '2025-01-01' },
      'as-of': { type: 'string' },
      times: { type: 'string', default: '5' },
    },
  })
  if (values.dashboard === undefined)
    throw new NotThere(
      "--dashboard names grafana/dashboards/postgresql/DORA.json of Apache DevLake's repository, which is not part of this one",
    )
  const span = { since: dayOf(values.since), until: dayOf(values.until) }
  if (span.since >= span.until) throw new NotThere(`--since ${values.since} does not lie before --until ${values.until}`)
  const asOf = values['as-of'] === undefined ? Number.POSITIVE_INFINITY : dayOf(values['as-of']) + 86_400_000 - 1
  const times = Number(values.times)
  if (!Number.isInteger(times) || times < 1) throw new NotThere(`--times ${values.times}: it is a whole number from 1 on`)
  const panels = await readDashboard(values.dashboard)

  const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
  let cluster: Cluster | undefined
  try {
    const history = await makeSharedHistory(values.data, folder)
    if (history === undefined)
      throw new NotThere(
        `${values.data} has no govuk-deployments.csv.gz with the commits of ${sharedServices.join(' and ')}: --data names the folder`,
      )
    cluster = await startCluster({ directory: path.join(folder, 'postgres') })
    const rows = await readRows(history, asOf)
    const [theirs, databaseUrl] = await databases(cluster)
    const place = { home: path.join(folder, 'home'), databaseUrl }
    const imported = await importAll(history, place)
    await fill(theirs, rows, bandsOf(panels.get('overall')!), report)
    console.log(
      `${rows.deployments.length} deployments and ${rows.requests.length} requests, measured from ${values.since} until ${values.until}${asOf < Infinity ? ` as of ${values['as-of']}` : ''}; imported here in ${(imported / 1000).toFixed(1)} s; median of ${times} times each`,
    )
    const literals = { since: instant(span.since), until: instant(span.until), report }
    const window = new URLSearchParams({
      // Theirs is of production; ours would be of the last environment that each service has.
      to: 'production',
      since: instant(span.since),
      until: instant(span.until),
      ...(asOf < Infinity && { asOf: instant(asOf) }),
    })
    const ours = await serveOurs(place, window.toString(), times)
    try {
      const both = { theirs, panels, literals, ours, rows, span, times }
      await group(theirs, rows, 'estate')
      let explained = await compareEstate(both)
      await group(theirs, rows, 'service')
      for (const service of sharedServices) explained = (await compareService(both, service)) && explained
      return explained
    } finally {
      await ours.close()
      await theirs.end()
    }
  } finally {
    await cluster?.stop()
    await removeTree(folder)
  }
}

/** One for their tables and one for our ledger, in the same server. */
async function databases(cluster: Cluster): Promise<readonly [theirs: Client, ours: string]> {
  const admin = new Client(cluster.connection('postgres'))
  await admin.connect()
  for (const name of ['devlake', 'threeways']) await admin.query(`create database ${name} template template0`)
  await admin.end()
  const theirs = new Client(cluster.connection('devlake'))
  await theirs.connect()
  const { host, port, user } = cluster.connection('threeways')
  return [theirs, `postgresql://${user}@localhost:${port}/threeways?host=${encodeURIComponent(host)}`]
}

const instant = (ms: number) => new Date(ms).toISOString()

function dayOf(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) throw new NotThere(`"${text}" is no day: write it as 2024-01-31`)
  return at
}

try {
  if (!(await main())) process.exitCode = 1
} catch (error) {
  if (!(error instanceof NotThere)) throw error
  console.error(error.message)
  process.exitCode = 2
}
