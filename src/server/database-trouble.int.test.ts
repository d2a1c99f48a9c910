import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { delivery } from '../../bench/ledger/delivery.ts'
import type { RunView } from '../flow/pipeline/schemas.ts'
import { installedPrograms, makeTeamServer, mountSmallDisk, type TeamServer } from '../kernel/postgres/testing.ts'
import { verifyProjections } from '../ledger/rebuild.ts'
import type { LedgerStore } from '../ledger/store/store.ts'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const programs = await installedPrograms()

describe.skipIf(programs === undefined)('a delivery (skipped where the system brought no PostgreSQL from 15 on)', () => {
  let folder: string
  let t: TestThreeways
  /** What is to be undone, the last first. */
  const made: (() => Promise<unknown>)[] = []
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'threeways-trouble-'))
    made.push(() => rm(folder, { recursive: true }))
  })
  afterEach(async () => {
    for (const undo of made.splice(0).toReversed()) await undo()
  })
  async function open(databaseUrl: string): Promise<void> {
    t = await openTestThreeways({ databaseUrl })
    made.push(() => t.close())
  }
  const kept = (server: TeamServer) => {
    made.push(() => server.stop('SIGQUIT'))
    return server
  }

  /** Its check may not run twice, and takes its time. */
  async function deliver(): Promise<string> {
    const check = ['sh', '-c', `echo begun >> '${path.join(folder, 'trace')}'; sleep 2`]
    const definition = {
      name: 'shop',
      services: { web: { 'x-run': { command: ['sleep', '600'] } } },
      'x-threeways': {
        version: 1,
        artifact: { build: [['true']], pack: ['app'] },
        environments: { live: {} },
        checks: { once: { run: check }, after: { run: ['true'] } },
        pipeline: {
          stages: [
            { name: 'dev', checks: ['once'] },
            { name: 'production', after: ['dev'], environment: 'live', checks: ['after'] },
          ],
        },
      },
    }
    await t.author.write({ 'threeways.yaml': JSON.stringify(definition), app: 'the app' })
    await t.author.commit('Change something')
    const { id } = await t.deliver()
    await expect.poll(() => readFile(path.join(folder, 'trace'), 'utf8').catch(() => ''), { timeout: 20_000 }).toBe('begun\n')
    return id
  }

  async function endsWell(id: string): Promise<void> {
    const ended = async () => {
      const { status, body } = await t.ask('GET', `/api/runs/${id}`)
      return status === 200 ? (body as RunView).state : status
    }
    await expect.poll(ended, { timeout: 25_000 }).toBe('succeeded')
    expect(await readFile(path.join(folder, 'trace'), 'utf8')).toBe('begun\n')
    const ledger = t.threeways.ledger as LedgerStore
    const ends = (await ledger.read({ chainId: id, limit: 1_000 })).flatMap(({ event }) =>
      event.type.includes('taskrun.finished') ? [event.subject!] : [],
    )
    expect(new Set(ends).size).toBe(ends.length)
    expect(await verifyProjections(ledger)).toEqual([])
  }

  it('goes on at the standby when the primary dies in the middle of it, and does no step twice', async () => {
    const one = kept(await makeTeamServer(programs!, path.join(folder, 'one'), { fsync: 'off' }))
    const two = kept(await one.standby(path.join(folder, 'two'), 'two'))
    await one.set('synchronous_standby_names', 'two')
    await open(one.url().replace(`:${one.port}/`, `:${one.port},127.0.0.1:${two.port}/`))
    const id = await deliver()
    await one.stop('SIGKILL')
    await expect.poll(async () => (await t.ask('GET', `/api/runs/${id}`)).status).toBe(503)
    await two.query('select pg_promote()')
    await two.set('synchronous_standby_names', '')
    await endsWell(id)
  }, 60_000)

  it('waits while the disk of its database is full, and goes on when there is room: nothing acknowledged is lost', async (test) => {
    const disk = path.join(folder, 'disk')
    await mkdir(disk)
    const unmount = (await mountSmallDisk(disk, 200)) ?? test.skip('nothing can be mounted here: it needs root')
    made.push(unmount)
    const server = kept(await makeTeamServer(programs!, path.join(disk, 'data'), { fsync: 'off', max_wal_size: '32MB' }))
    await open(server.url())
    const id = await deliver()
    const ballast = path.join(disk, 'ballast')
    await writeFile(ballast, Buffer.alloc(200 * 1024 * 1024)).catch(() => {})
    const acknowledged = new Map<string, number>()
    const events = delivery('full')
    let refused = ''
    while (refused === '') {
      const some = Array.from({ length: 100 }, () => events.next().value!)
      await t.threeways.ledger.append(some).then(
        (receipts) => some.forEach((event, index) => acknowledged.set(event.id, receipts[index]!.seq)),
        (error: Error & { code?: string }) => (refused = `${error.code}: ${error.message}`),
      )
    }
    expect(refused).toMatch(/^LEDGER_(FULL|UNAVAILABLE): /)
    // Its check ends meanwhile, and that cannot be recorded.
    await sleep(2_500)
    expect(await readFile(path.join(folder, 'trace'), 'utf8')).toBe('begun\n')
    await rm(ballast)
    // A service manager starts what ended for want of room.
    await server.start()
    await endsWell(id)
    const all = await (t.threeways.ledger as LedgerStore).readKept({ limit: 1_000_000 })
    const seqs = new Map(all.map(({ seq, body }) => [(JSON.parse(body) as { id: string }).id, seq]))
    expect([...acknowledged].filter(([event, seq]) => seqs.get(event) !== seq)).toEqual([])
    expect(all.length).toBe(all.at(-1)!.seq)
  }, 60_000)
})
