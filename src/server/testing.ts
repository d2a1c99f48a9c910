import { mkdir, mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gitAuthor } from '../connectors/git/testing.ts'
import type { Author } from '../flow/candidate/repository.contract.ts'
import { removeTree } from '../flow/candidate/folders.ts'
import type { RunView, StepView, StreamView } from '../flow/pipeline/schemas.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Actor } from '../kernel/http.ts'
import { openTestLedger } from '../ledger/testing.ts'
import { migrations, ownTypes, projections } from './catalogue.ts'
import { openThreeways, type Threeways } from './compose.ts'
import type { MetricsTarget } from './metrics/exporting.ts'
import { openHome, type Home } from './home.ts'

/** A whole Threeways in this process: real store, real git, real processes. */
export type TestThreeways = {
  threeways: Threeways
  readonly home: Home
  readonly databaseUrl: string
  /** Works in the repository that is delivered. */
  readonly author: Author
  /** Asks the API as the owner of the home, or as whoever has `token`; null: as nobody. */
  ask(method: string, path: string, body?: unknown, token?: string | null): Promise<{ status: number; body: unknown }>
  deliver(revision?: string): Promise<RunView>
  run(id: string): Promise<RunView>
  /** Waits until it holds of the run. */
  until(id: string, holds: (run: RunView) => boolean): Promise<RunView>
  ended(id: string): Promise<RunView>
  stream(name?: string): Promise<StreamView>
  /** Ends this server as a kill would leave it to the next: without settling anything. */
  restart(): Promise<void>
  /** Ends this server in the same way; `restart` brings it back. */
  leave(): Promise<void>
  /** Another server on the same database, with a data folder of its own under this name; the same again when it was ended. */
  beside(name: string): Promise<Threeways>
  close(): Promise<void>
}

const patienceMs = 25_000

async function freshDatabase() {
  const database = await openTestLedger({ projections, ownTypes, migrations })
  await database.ledger.close()
  return database
}

export async function openTestThreeways(
  options: {
    anonymous?: Actor
    hosts?: ReadonlySet<string>
    clock?: Clock
    databaseUrl?: string
    metrics?: MetricsTarget
    flagOrigins?: readonly string[]
    log?: (message: string) => void
  } = {},
): Promise<TestThreeways> {
  const place = await realpath(await mkdtemp(path.join(tmpdir(), 'threeways whole ')))
  process.env['XDG_DATA_HOME'] = path.join(place, 'data')
  await mkdir(path.join(place, 'home'))
  const home = await openHome(path.join(place, 'home'))
  const author = await gitAuthor(path.join(place, 'repository'))
  const database = options.databaseUrl === undefined ? await freshDatabase() : { url: options.databaseUrl, async close() {} }
  const complaints: string[] = []
  const others: Threeways[] = []
  let away = false
  const open = async (name = 'alpha', at = home) => {
    const threeways = await openThreeways({
      home: at,
      name,
      databaseUrl: database.url,
      repository: author.folder,
      anonymous: options.anonymous,
      hosts: options.hosts,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      metrics: options.metrics,
      flagOrigins: options.flagOrigins,
      parallel: 8,
      work: true,
      log: (message) => {
        complaints.push(message)
        options.log?.(message)
      },
    })
    await threeways.recover()
    return threeways
  }
  const test: TestThreeways = {
    threeways: await open(),
    home,
    databaseUrl: database.url,
    author,
    async ask(method, to, body, token) {
      const authorization = token === null ? {} : { authorization: `Bearer ${token ?? test.threeways.adminToken}` }
      const content = body === undefined ? {} : { body: JSON.stringify(body) }
      const response = await test.threeways.app.request(to, {
        method,
        headers: { ...authorization, 'content-type': 'application/json' },
        ...content,
      })
      return { status: response.status, body: await response.json() }
    },
    async deliver(revision) {
      const { status, body } = await test.ask('POST', '/api/deliveries', revision === undefined ? {} : { revision })
      if (status !== 201) throw new Error(JSON.stringify(body))
      return (body as { run: RunView }).run
    },
    run: async (id) => (await test.ask('GET', `/api/runs/${id}`)).body as RunView,
    async until(id, holds) {
      for (const deadline = Date.now() + patienceMs; ; await sleep(15)) {
        const run = await test.run(id)
        if (holds(run)) return run
        if (Date.now() > deadline) throw new Error(`run is ${run.state}: ${describeSteps(run.steps)}\n${complaints.join('\n')}`)
      }
    },
    ended: (id) => test.until(id, ({ finishedAt }) => finishedAt !== null),
    stream: async (name = 'shop') => (await test.ask('GET', `/api/streams/${name}`)).body as StreamView,
    async leave() {
      if (!away) await test.threeways.leave()
      away = true
    },
    async restart() {
      await test.leave()
      away = false
      test.threeways = await open()
    },
    async beside(name) {
      await mkdir(path.join(place, name), { recursive: true })
      const other = await open(name, await openHome(path.join(place, name)))
      others.push(other)
      return other
    },
    async close() {
      for (const other of others) {
        for (const id of await other.workshop.provider.list()) await other.workshop.provider.destroy(id)
        await other.close()
      }
      if (away) await test.restart()
      for (const id of await test.threeways.workshop.provider.list()) await test.threeways.workshop.provider.destroy(id)
      await test.threeways.close()
      await database.close().catch(() => {})
      await removeTree(place)
    },
  }
  return test
}

export const describeSteps = (steps: readonly StepView[]): string =>
  steps.map(({ name, state, message, waiting }) => `${name} ${state} ${message ?? waiting?.why ?? ''}`).join('\n')

/** The states of a run's steps by name, for expectations. */
export const statesOf = ({ steps }: RunView): Record<string, string> => Object.fromEntries(steps.map(({ name, state }) => [name, state]))
