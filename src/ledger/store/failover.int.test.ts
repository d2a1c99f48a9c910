import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installedPrograms, makeTeamServer, type TeamServer } from '../../kernel/postgres/testing.ts'
import { makeCatalogue } from '../catalogue.ts'
import { verifyProjections } from '../rebuild.ts'
import { cake, kitchen } from './kitchen.fixture.ts'
import { openLedger } from './open.ts'
import type { LedgerStore } from './store.ts'

const programs = await installedPrograms()
const reason = 'skipped where the system brought no PostgreSQL from 15 on'

const outcomeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => '',
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  )

const append = (ledger: LedgerStore, id: string) => outcomeOf(ledger.append([cake({ id })]))

/** As a careful sender: again until it is acknowledged. */
async function insist(ledger: LedgerStore, id: string): Promise<void> {
  await expect.poll(() => append(ledger, id), { timeout: 20_000, interval: 50 }).toBe('')
}

const ids = async (ledger: LedgerStore) => (await ledger.read({ limit: 10_000 })).map(({ event }) => event.id)
const idsAt = async (server: TeamServer) => (await server.query('select id from event order by seq', 'app')).map(({ id }) => id)

describe.skipIf(programs === undefined)(`a database with a hot standby (${reason})`, () => {
  let folder: string
  let one: TeamServer
  let two: TeamServer
  let url: string
  let note: string
  let ledger: LedgerStore
  const opened: LedgerStore[] = []
  /** As another process does. */
  async function open(database: { url: string; note?: string } = { url, note }): Promise<LedgerStore> {
    const one = await openLedger({ database, projections: kitchen.projections, catalogue: makeCatalogue(kitchen.ownTypes) })
    opened.push(one)
    return one
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'threeways-failover-'))
    note = path.join(folder, 'database.json')
    one = await makeTeamServer(programs!, path.join(folder, 'one'), { fsync: 'off', wal_keep_size: '64MB' })
    two = await one.standby(path.join(folder, 'two'), 'two')
    await one.set('synchronous_standby_names', 'two')
    url = one.url().replace(`:${one.port}/`, `:${one.port},127.0.0.1:${two.port}/`)
    ledger = await open()
    // Who looks on at the standby while it repeats what was made sees it half done.
    const [{ made }] = (await one.query('select pg_current_wal_lsn() as made')) as [{ made: string }]
    const repeated = `select pg_last_wal_replay_lsn() >= '${made}' as repeated`
    while (!(await two.query(repeated))[0]!['repeated']) await sleep(20)
  })
  afterAll(async () => {
    for (const each of opened) await each.close()
    await Promise.all([one, two].map((server) => server.stop('SIGQUIT')))
    await rm(folder, { recursive: true })
  })

  it('that is a standby alone is refused with a clear word', async () => {
    expect(await outcomeOf(open({ url: `${two.url()}?target_session_attrs=read-write` }))).toMatch(
      /LEDGER_UNAVAILABLE: .*it may only be read/,
    )
    expect(await outcomeOf(open({ url: two.url() }).then((reader) => reader.append([cake({ id: 'nowhere' })])))).toMatch(
      /^LEDGER_UNAVAILABLE: .*read-only/,
    )
  })

  it('that may suddenly only be read says so, and is used again as soon as it may be written to', async () => {
    await ledger.append([cake({ id: 'before' })])
    await one.set('default_transaction_read_only', 'on')
    // A session that stands hears of it a moment later.
    let said = ''
    let tries = 0
    while (said === '') said = await append(ledger, `early-${++tries}`)
    expect(said).toMatch(/^LEDGER_UNAVAILABLE: .*(read-only|it may only be read)/)
    await one.set('default_transaction_read_only', 'off')
    await insist(ledger, 'late')
    expect(await ids(ledger)).not.toContain(`early-${tries}`)
  })

  it('is left for the standby that was promoted while it dies in the middle of appends: nothing acknowledged is lost or done twice', async () => {
    const acknowledged: string[] = []
    const now = { sending: true }
    const senders = Array.from({ length: 4 }, async (_, sender) => {
      for (let n = 0; now.sending; n++) {
        const id = `${sender}-${n}`
        await insist(ledger, id)
        acknowledged.push(id)
      }
    })
    await expect.poll(() => acknowledged.length).toBeGreaterThan(20)
    await one.stop('SIGKILL')
    const before = acknowledged.length
    expect(await append(ledger, 'between')).toMatch(/^LEDGER_UNAVAILABLE: .*(it may only be read|terminated|ECONNRE)/)
    await two.query('select pg_promote()')
    await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(before + 20)
    now.sending = false
    await Promise.all(senders)
    const recorded = (await ids(ledger)).filter((id) => /^\d/.test(id))
    expect(recorded.toSorted()).toEqual(acknowledged.toSorted())
    expect(await verifyProjections(ledger)).toEqual([])
  })

  it('that comes back as if nothing had happened is not written to, by nobody who knows of the other', async () => {
    await two.set('synchronous_standby_names', '')
    // Nobody told it: it would take whatever it is given.
    await one.start({ synchronous_standby_names: '' })
    const leftBehind = await idsAt(one)
    expect(await append(await open(), 'other process')).toBe('')
    // Whoever looks for a way now meets the one that is listed first.
    await two.stop('SIGQUIT')
    const problem = /^LEDGER_UNAVAILABLE: .*it was left behind: it is on timeline 1, and another was promoted to 2/
    await expect.poll(() => append(ledger, 'meanwhile'), { timeout: 10_000 }).toMatch(problem)
    expect(await outcomeOf(open())).toMatch(problem)
    expect(await outcomeOf(open())).toContain(note)
    // Also by its own address alone.
    expect(await outcomeOf(open({ url: one.url(), note }))).toMatch(problem)
    await two.start()
    await insist(ledger, 'again')
    expect((await ids(ledger)).slice(-2)).toEqual(['other process', 'again'])
    expect(await idsAt(one)).toEqual(leftBehind)
    await writeFile(note, 'x')
    expect(await outcomeOf(open())).toMatch(/^DATABASE_NOTE_INVALID: .*database.json/)
    await rm(note)
  })

  it('is left while it still lives, as soon as another was promoted, and what it did not answer is recorded once', async () => {
    await one.stop()
    const three = await two.standby(path.join(folder, 'three'), 'three')
    try {
      await two.set('synchronous_standby_names', 'three')
      const both = two.url().replace(`:${two.port}/`, `:${two.port},127.0.0.1:${three.port}/`)
      const moving = await open({ url: both })
      await moving.append([cake({ id: 'together' })])
      await three.query('select pg_promote()')
      // It waits for a standby that it has no more: it would wait for ever.
      const half = await append(moving, 'cut off')
      expect(half).toMatch(/^$|^LEDGER_UNAVAILABLE/)
      await insist(moving, 'cut off')
      expect((await idsAt(three)).filter((id) => id === 'cut off')).toEqual(['cut off'])
      await insist(moving, 'after')
      expect(await idsAt(three)).toContain('after')
      expect(await idsAt(two)).not.toContain('after')
    } finally {
      await three.stop('SIGQUIT')
    }
  })
})
