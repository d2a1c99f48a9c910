import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startCluster } from '../../kernel/postgres/cluster.ts'
import { mountSmallDisk } from '../../kernel/postgres/testing.ts'
import { makeCatalogue } from '../catalogue.ts'
import { verifyProjections } from '../rebuild.ts'
import { emptyTestDatabase, inTestDatabase } from '../testing.ts'
import { cake, kitchen } from './kitchen.fixture.ts'
import { openLedger } from './open.ts'
import { openProxy, type Proxy } from './proxy.fixture.ts'
import type { LedgerStore } from './store.ts'

const open = (url: string) =>
  openLedger({ database: { url }, projections: kitchen.projections, catalogue: makeCatalogue(kitchen.ownTypes) })
const ids = async (ledger: LedgerStore) => (await ledger.read({ limit: 10_000 })).map(({ event }) => event.id)
/** As a careful sender: again until it is acknowledged. */
async function insist(ledger: LedgerStore, id: string): Promise<void> {
  await expect
    .poll(
      () =>
        ledger.append([cake({ id })]).then(
          () => true,
          () => false,
        ),
      { timeout: 20_000, interval: 50 },
    )
    .toBe(true)
}

/** Where a server listens: for a proxy, and what to put before the database's name. */
function placeOf(url: string): { to: number | string; through(...proxies: Proxy[]): string } {
  const { username, password, pathname, hostname, port, searchParams } = new URL(url)
  const folder = searchParams.get('host')
  const to = folder === null ? Number(port || 5432) : path.join(folder, `.s.PGSQL.${port || 5432}`)
  expect(folder !== null || ['127.0.0.1', 'localhost'].includes(hostname)).toBe(true)
  const who = password ? `${username}:${password}` : username
  return { to, through: (...proxies) => `postgresql://${who}@${proxies.map((proxy) => `127.0.0.1:${proxy.port}`).join(',')}${pathname}` }
}

const nameOf = (url: string) => new URL(url).pathname.slice(1)

describe('a database at the other end of a network', () => {
  let database: Awaited<ReturnType<typeof emptyTestDatabase>>
  let proxy: Proxy
  let place: ReturnType<typeof placeOf>
  let ledger: LedgerStore

  beforeEach(async () => {
    database = await emptyTestDatabase()
    place = placeOf(database.url)
    proxy = await openProxy(place.to)
    ledger = await open(place.through(proxy))
  })
  afterEach(async () => {
    await ledger.close()
    await proxy.close()
    await database.drop()
  })

  it('loses nothing acknowledged and does nothing twice while its connections are cut again and again', async () => {
    const acknowledged: string[] = []
    const now = { cutting: true }
    const heads: number[] = []
    ledger.onAppend((head) => heads.push(head))
    const senders = Array.from({ length: 4 }, async (_, sender) => {
      for (let n = 0; now.cutting; n++) {
        const id = `${sender}-${n}`
        await insist(ledger, id)
        acknowledged.push(id)
      }
    })
    for (let cuts = 0; cuts < 8; cuts++) {
      await new Promise((resolve) => setTimeout(resolve, 60))
      proxy.cut()
      proxy.mend()
    }
    now.cutting = false
    await Promise.all(senders)
    const recorded = await ids(ledger)
    expect(new Set(recorded).size).toBe(recorded.length)
    expect(recorded.toSorted()).toEqual(acknowledged.toSorted())
    expect(await ledger.head()).toBe(recorded.length)
    expect(await verifyProjections(ledger)).toEqual([])
    // And it hears again.
    await insist(ledger, 'last')
    await expect.poll(() => heads.at(-1), { timeout: 10_000 }).toBe(recorded.length + 1)
  })

  for (const when of ['before', 'after'] as const) {
    it(`says that it does not know when the connection is cut ${when} the server saw the commit, and asking again is safe`, async () => {
      proxy.cutAt('commit', when)
      const half = ledger.transaction((tx) => tx.append([cake({ id: 'half' })]))
      await expect(half).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' })
      proxy.mend()
      // Behind the lock: what was on its way is in or out by now.
      await expect
        .poll(() =>
          ledger
            .transaction((tx) => tx.lock())
            .then(
              () => true,
              () => false,
            ),
        )
        .toBe(true)
      expect(await ids(ledger)).toEqual(when === 'before' ? [] : ['half'])
      expect(await ledger.append([cake({ id: 'half' })])).toEqual([{ seq: 1, duplicate: when === 'after' }])
    })
  }

  it('is not waited for without end when it vanishes without a word', async () => {
    await ledger.append([cake({ id: 'before' })])
    proxy.freeze()
    await expect(ledger.append([cake({ id: 'frozen' })])).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' })
    proxy.mend()
    await insist(ledger, 'after')
    expect(await ids(ledger)).toEqual(['before', 'after'])
  }, 40_000)

  it('is found at its other address when the first is gone, and at the first again', async () => {
    const second = await openProxy(place.to)
    const both = await open(place.through(proxy, second))
    await both.append([cake({ id: 'first' })])
    proxy.cut()
    await insist(both, 'second')
    proxy.mend()
    second.cut()
    await insist(both, 'first again')
    expect(await ids(both)).toEqual(['first', 'second', 'first again'])
    await both.close()
    await second.close()
  })

  it('is passed over where it may only be read', async () => {
    const standby = await emptyTestDatabase()
    await inTestDatabase(standby.url, (name) => `alter database ${name} set default_transaction_read_only = on`)
    const lead = { from: nameOf(database.url), to: nameOf(standby.url) }
    const first = await openProxy(place.to, lead)
    const both = await open(place.through(first, proxy))
    await both.append([cake({ id: 'written' })])
    expect(await ids(ledger)).toEqual(['written'])
    await both.close()
    await expect(open(place.through(first, first))).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      message: expect.stringContaining('it may only be read') as string,
    })
    await first.close()
    await standby.drop()
  })

  it('is waited for while it may only be read, with a clear word, and used again', async () => {
    const set = (value: string) =>
      inTestDatabase(database.url, (name) => `alter database ${name} set default_transaction_read_only = ${value}`)
    await set('on')
    proxy.cut()
    proxy.mend()
    await expect
      .poll(() =>
        ledger.append([cake({ id: 'early' })]).then(
          () => '',
          (error: Error) => error.message,
        ),
      )
      .toContain('read-only')
    await set('off')
    await insist(ledger, 'late')
    expect(await ids(ledger)).toEqual(['late'])
  })
})

describe('a server in trouble', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'threeways-trouble-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('that lets no more connections in is asked again', async () => {
    const directory = path.join(folder, 'postgres')
    const cluster = await startCluster({ directory, settings: { fsync: 'off', max_connections: '5', superuser_reserved_connections: '0' } })
    const options = { projections: kitchen.projections, catalogue: makeCatalogue(kitchen.ownTypes) }
    const ledger = await openLedger({ database: { cluster }, ...options })
    const others: Client[] = []
    for (let full = false; !full;) {
      const other = new Client(cluster.connection('postgres'))
      other.on('error', () => {})
      full = await other.connect().then(
        () => others.push(other) > 100,
        () => true,
      )
    }
    await expect(ledger.append([cake({ id: 'early' })])).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      message: expect.stringContaining('too many') as string,
    })
    await Promise.all(others.map((other) => other.end()))
    await insist(ledger, 'late')
    expect(await ids(ledger)).toEqual(['late'])
    await ledger.close()
    await cluster.stop()
  })

  it('whose disk is full says so, and goes on when there is room (skipped where nothing can be mounted)', async (test) => {
    const unmount = (await mountSmallDisk(folder, 160)) ?? test.skip()
    try {
      const cluster = await startCluster({ directory: path.join(folder, 'postgres'), settings: { fsync: 'off', max_wal_size: '32MB' } })
      const ledger = await openLedger({
        database: { cluster },
        projections: kitchen.projections,
        catalogue: makeCatalogue(kitchen.ownTypes),
      })
      await ledger.append([cake({ id: 'before' })])
      const ballast = path.join(folder, 'ballast')
      await writeFile(ballast, Buffer.alloc(160 * 1024 * 1024)).catch(() => {})
      const acknowledged: string[] = []
      let message = ''
      for (let n = 0; n < 400 && message === ''; n++) {
        const events = Array.from({ length: 50 }, (_, m) => cake({ id: `full-${n}-${m}`, note: 'x'.repeat(2_000) }))
        await ledger.append(events).then(
          () => acknowledged.push(...events.map(({ id }) => id)),
          (error: Error & { code: string }) => (message = `${error.code}: ${error.message}`),
        )
      }
      expect(message).toMatch(/^LEDGER_(FULL|UNAVAILABLE): /)
      await rm(ballast)
      await insist(ledger, 'after')
      const recorded = new Set(await ids(ledger))
      expect(acknowledged.filter((id) => !recorded.has(id))).toEqual([])
      await ledger.close()
      await cluster.stop()
    } finally {
      await unmount()
    }
  })
})
