import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { startCluster } from '../../src/kernel/postgres/cluster.ts'

const environment = 'development'
const token = `*:${environment}.bench`

export type Unleash = {
  readonly pid: number
  readonly version: string
  /** Where all flags are evaluated for one context; it has no way to ask for one of them. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  close(): Promise<void>
}

/**
 * Unleash's server in a process of its own, on a database of ours, with flags that say what ours say: everybody in two countries, and a
 * share of all others. Its limits on how often it may be asked are lifted.
 *
 * @param installed - a folder in which `npm install unleash-server` was done; it is no part of this repository
 * @param folder - for its database
 */
export async function startUnleash(installed: string, folder: string, port: number, count: number, share: number): Promise<Unleash> {
  const program = path.resolve(installed, 'node_modules/unleash-server')
  const manifest = await readFile(path.join(program, 'package.json'), 'utf8').catch(() => {
    throw new Error(`${program} is not there: run \`npm install unleash-server\` in ${installed}`)
  })
  const { version } = JSON.parse(manifest) as { version: string }
  const cluster = await startCluster({ directory: path.join(folder, 'unleash-postgres') })
  const { host, port: databasePort, user } = cluster.connection('unleash')
  const admin = new Client(cluster.connection('postgres'))
  await admin.connect()
  await admin.query('create database unleash template template0')
  await admin.end()
  const file = path.join(folder, 'unleash-flags.json')
  await writeFile(file, JSON.stringify(stateOf(count, share)))
  const limit = '1000000000'
  const server = spawn(process.execPath, [path.join(program, 'dist/server.js')], {
    cwd: installed,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      TZ: 'UTC',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(port),
      DATABASE_HOST: host,
      DATABASE_PORT: String(databasePort),
      DATABASE_USERNAME: user,
      DATABASE_NAME: 'unleash',
      DATABASE_SSL: 'false',
      INIT_FRONTEND_API_TOKENS: token,
      IMPORT_FILE: file,
      IMPORT_ENVIRONMENT: environment,
      SDK_API_RATE_LIMIT_PER_MINUTE: limit,
      TOKEN_AUTHENTICATION_RATE_LIMIT_PER_MINUTE: limit,
      CHECK_VERSION: 'false',
      SEND_TELEMETRY: 'false',
      LOG_LEVEL: 'error',
    },
  })
  let told = ''
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (told += text))
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const close = async () => {
    server.kill('SIGTERM')
    await ended
    await cluster.stop()
  }
  const url = `http://127.0.0.1:${port}/api/frontend`
  const unleash = { pid: server.pid!, version, url, headers: { authorization: token }, close }
  try {
    await untilAll(unleash, count, () => server.exitCode !== null)
    return unleash
  } catch (error) {
    await close()
    throw new Error(`unleash-server does not serve ${count} flags: ${told.slice(-2_000)}`, { cause: error })
  }
}

/** Somebody of whom all flags are on gets all of them. */
async function untilAll({ url, headers }: Unleash, count: number, isOver: () => boolean): Promise<void> {
  const body = JSON.stringify({ context: { userId: 'somebody', properties: { country: 'DE' } } })
  for (const deadline = Date.now() + 180_000; Date.now() < deadline && !isOver(); await sleep(500)) {
    const answer = await fetch(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body }).catch(
      () => undefined,
    )
    if (answer?.ok && ((await answer.json()) as { toggles: unknown[] }).toggles.length === count) return
  }
  throw new Error('it ended, or took more than three minutes')
}

/** As its export has it. */
function stateOf(count: number, share: number) {
  const names = Array.from({ length: count }, (_, index) => `flag-${index}`)
  const rollout = (featureName: string, percent: number, constraints: readonly object[]) => ({
    featureName,
    name: 'flexibleRollout',
    parameters: { rollout: String(percent), stickiness: 'userId', groupId: featureName },
    constraints,
    segments: [],
    variants: [],
    disabled: false,
  })
  const here = { contextName: 'country', operator: 'IN', values: ['DE', 'US'], inverted: false, caseInsensitive: false }
  return {
    features: names.map((name) => ({
      name,
      description: '',
      type: 'operational',
      project: 'default',
      stale: false,
      impressionData: false,
    })),
    featureStrategies: names.flatMap((name) => [rollout(name, 100, [here]), rollout(name, share, [])]),
    featureEnvironments: names.map((name) => ({ name, featureName: name, environment, enabled: true, variants: [] })),
    contextFields: [{ name: 'country', description: '', stickiness: false, sortOrder: 10, legalValues: [] }],
    featureTags: [],
    segments: [],
    tagTypes: [],
  }
}
