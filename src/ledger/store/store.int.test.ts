import { sql, type Migration } from 'kysely'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeCatalogue } from '../catalogue.ts'
import { last, projection } from '../projection.ts'
import { verifyProjections } from '../rebuild.ts'
import { rowsOf } from '../rows.ts'
import { emptyTestDatabase, openTestLedger, type TestLedger } from '../testing.ts'
import { baked, cake, cakes, kitchen, meal } from './kitchen.fixture.ts'
import { openLedger } from './open.ts'

let test: TestLedger
beforeEach(async () => {
  test = await openTestLedger(kitchen)
})
afterEach(() => test.close())

const fresh = (seq: number) => ({ seq, duplicate: false })
const again = (seq: number) => ({ seq, duplicate: true })
/** @returns the error's code, or what came instead of an error */
const codeOf = (promise: Promise<unknown>) => promise.then(JSON.stringify, (error: { code?: string }) => error.code ?? String(error))

async function inDatabase(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

describe('appending', () => {
  it('records events once, in order, without gaps', async () => {
    const { ledger } = test
    const [a, b, c] = [cake({ id: 'a' }), cake({ id: 'b' }), cake({ id: 'c', flavour: 'nut' })]
    expect(await ledger.append([a, b])).toEqual([fresh(1), fresh(2)])
    expect(await ledger.append([b, c, a, c])).toEqual([again(2), fresh(3), again(1), again(3)])
    expect(await ledger.append([])).toEqual([])
    expect(await ledger.head()).toBe(3)
  })

  it('refuses an id that names another event, and nothing of that call is recorded', async () => {
    const { ledger } = test
    await ledger.append([cake({ id: 'a' })])
    expect(await codeOf(ledger.append([cake({ id: 'b' }), cake({ id: 'a', grams: 1 })]))).toBe('EVENT_ID_REUSED')
    expect(await codeOf(ledger.append([cake({ id: 'c' }), cake({ id: 'c', grams: 1 })]))).toBe('EVENT_ID_REUSED')
    expect(await ledger.head()).toBe(1)
  })

  it('shares a commit among callers without sharing their faults', async () => {
    const { ledger } = test
    await ledger.append([cake({ id: 'there' })])
    const outcomes = await Promise.all([
      codeOf(ledger.append([cake({ id: 'a' })])),
      codeOf(ledger.append([cake({ id: 'x' }), cake({ id: 'there', grams: 1 })])),
      codeOf(ledger.append([cake({ id: 'x', grams: 2 })])),
      codeOf(ledger.append([cake({ id: 'a' }), cake({ id: 'there' })])),
      codeOf(ledger.append([{ ...cake({ id: 'y' }), specversion: '2.0' } as never])),
      codeOf(ledger.append([cake({ id: 'z' })])),
    ])
    expect(outcomes).toEqual([
      JSON.stringify([fresh(2)]),
      'EVENT_ID_REUSED',
      JSON.stringify([fresh(3)]),
      JSON.stringify([again(2), again(1)]),
      'EVENT_INVALID',
      JSON.stringify([fresh(4)]),
    ])
    expect(await verifyProjections(ledger)).toEqual([])
  })

  it('tells of all that is wrong in a batch, each at its place, and records nothing of it', async () => {
    const { ledger } = test
    const bad = (id: string) => ({ ...cake({ id }), specversion: '2.0' }) as never
    const refusal = await ledger.append([bad('a'), cake({ id: 'b' }), bad('c')]).catch((error: unknown) => error)
    expect(refusal).toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringMatching(/^2 of 3 events cannot be recorded, so none was/),
      faults: [{ path: '/0/specversion' }, { path: '/2/specversion' }],
    })
    expect(await ledger.head()).toBe(0)
  })

  it('fails alone when only the database knows why', async () => {
    const { ledger } = test
    await sql`alter table projection.cake add check (flavour <> 'tar')`.execute(ledger.db)
    const outcomes = ['plum', 'tar', 'nut'].map((flavour) => codeOf(ledger.append([cake({ id: flavour, flavour })])))
    expect(await Promise.all(outcomes)).toEqual([JSON.stringify([fresh(1)]), 'LEDGER_FAILED', JSON.stringify([fresh(2)])])
  })

  it('keeps the gapless order with many callers and transactions at once', async () => {
    const { ledger } = test
    const second = await openLedger({ database: { url: test.url }, projections: kitchen.projections, catalogue: test.catalogue })
    const appends = Array.from({ length: 200 }, (_, n) => (n % 2 ? ledger : second).append([cake({ id: `append-${n}`, grams: n })]))
    const transactions = Array.from({ length: 50 }, (_, n) =>
      (n % 2 ? ledger : second).transaction(async (tx) => {
        await tx.lock()
        return tx.append([cake({ id: `transaction-${n}`, grams: n }), meal({ id: `meal-${n}` })])
      }),
    )
    const receipts = (await Promise.all([...appends, ...transactions])).flat()
    expect(receipts.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1))
    expect((await ledger.read({})).map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1))
    expect(await verifyProjections(ledger)).toEqual([])
    await second.close()
  })

  it('never lets an event be edited or removed', async () => {
    const { ledger } = test
    await ledger.append([cake({ id: 'a' })])
    for (const statement of [sql`update event set body = ''`, sql`delete from event`, sql`truncate event`]) {
      await expect(statement.execute(ledger.db)).rejects.toThrow('events are never edited or removed')
    }
  })

  it('keeps the digest of exactly the text that it keeps', async () => {
    await test.ledger.append([cake({ id: 'ä🙂', note: 'crème' })])
    const { rows } = await sql<{ same: boolean }>`select digest = sha256(convert_to(body, 'UTF8')) as same from event`.execute(
      test.ledger.db,
    )
    expect(rows).toEqual([{ same: true }])
  })
})

describe('reading', () => {
  it('filters by place, type, subject and chain, from either end', async () => {
    const { ledger } = test
    const events = [cake({ id: 'a' }), cake({ id: 'b', flavour: 'nut' }), meal({ id: 'c' }), cake({ id: 'd' })]
    await ledger.append(events)
    const ids = async (filter: Parameters<typeof ledger.read>[0]) => (await ledger.read(filter)).map(({ event }) => event.id).join('')
    expect(await ids({})).toBe('abcd')
    expect(await ids({ after: 1, limit: 2 })).toBe('bc')
    expect(await ids({ newestFirst: true, limit: 2 })).toBe('dc')
    expect(await ids({ types: [baked.type] })).toBe('abd')
    expect(await ids({ types: [] })).toBe('')
    expect(await ids({ subject: 'oven/plum', chainId: 'party/plum' })).toBe('ad')
    expect((await ledger.read({ limit: 1 }))[0]!.event).toEqual(events[0])
  })

  it('gives rows of projections with the names and types of their definition', async () => {
    const { ledger } = test
    await ledger.append([cake({ id: 'b', grams: 700, ms: 2_000 }), cake({ id: 'a', grams: 500, ms: 1_000, note: 'burnt' })])
    expect(await rowsOf(ledger.db, cakes).selectAll().where('flavour', '=', 'plum').execute()).toEqual([
      {
        kitchen: '/kitchen',
        flavour: 'plum',
        lastId: 'b',
        firstId: 'a',
        heaviest: 700,
        lightest: 500,
        totalGrams: 1200,
        lastDetail: { someNote: null },
        firstGrams: 500,
        eaten: false,
        lowestNote: 'burnt',
        highestNote: 'burnt',
      },
    ])
  })

  it('tells of new events in this process and in others', async () => {
    const { ledger } = test
    const other = await openLedger({ database: { url: test.url }, projections: kitchen.projections, catalogue: test.catalogue })
    const heads = (opened: typeof ledger) => {
      const told: number[] = []
      const waiting: [number, () => void][] = []
      const end = opened.onAppend((head) => {
        told.push(head)
        for (const [wanted, resolve] of waiting) if (head >= wanted) resolve()
      })
      return {
        told,
        end,
        until: (head: number) => (told.some((n) => n >= head) ? undefined : new Promise<void>((resolve) => waiting.push([head, resolve]))),
      }
    }
    const [here, there] = [heads(ledger), heads(other)]
    await ledger.append([cake({ id: 'a' })])
    await ledger.transaction((tx) => tx.append([cake({ id: 'b' }), cake({ id: 'c' })]))
    await Promise.all([here.until(3), there.until(3)])
    here.end()
    await ledger.append([cake({ id: 'd' })])
    await there.until(4)
    expect(here.told.at(-1)).toBe(3)
    expect(there.told).toEqual(there.told.toSorted((a, b) => a - b))
    there.end()
    await other.close()
  })
})

describe('a transaction', () => {
  it('sees what it appended and leaves nothing when it fails', async () => {
    const { ledger } = test
    const failing = ledger.transaction(async (tx) => {
      await tx.append([cake({ id: 'a' })])
      expect(await rowsOf(tx.db, cakes).select('lastId').execute()).toEqual([{ lastId: 'a' }])
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await ledger.head()).toBe(0)
    expect(await rowsOf(ledger.db, cakes).selectAll().execute()).toEqual([])
  })

  it('keeps everybody out of the ledger from its lock to its end', async () => {
    const { ledger } = test
    let appended: Promise<unknown> | undefined
    await ledger.transaction(async (tx) => {
      await tx.lock()
      appended = ledger.append([cake({ id: 'outside' })])
      await tx.append([cake({ id: 'inside' })])
    })
    await appended
    expect((await ledger.read({})).map(({ event }) => event.id)).toEqual(['inside', 'outside'])
  })

  it('is tried again when the database asks for it', async () => {
    const { ledger } = test
    await sql`create table counter (id int primary key, n int)`.execute(ledger.db)
    await sql`insert into counter values (1, 0), (2, 0)`.execute(ledger.db)
    let tries = 0
    let bothHoldOne = () => {}
    const gate = new Promise<void>((resolve) => (bothHoldOne = resolve))
    const crossing = (one: number, other: number) =>
      ledger.transaction(async (tx) => {
        tries++
        await sql`update counter set n = n + 1 where id = ${one}`.execute(tx.db)
        if (tries === 2) bothHoldOne()
        await gate
        await sql`update counter set n = n + 1 where id = ${other}`.execute(tx.db)
      })
    await Promise.all([crossing(1, 2), crossing(2, 1)])
    expect(tries).toBe(3)
    expect((await sql<{ n: number }>`select n from counter`.execute(ledger.db)).rows).toEqual([{ n: 2 }, { n: 2 }])
  })
})

describe('opening', () => {
  it('reads the events anew when a projection is new or changed, and drops one that is gone', async () => {
    await test.ledger.append([cake({ id: 'a' }), cake({ id: 'b', flavour: 'nut' }), meal({ id: 'c' })])
    const changed = projection({ table: 'cake', key: ['flavour'], columns: { latest: last.text } }).on(baked, ({ id, content }) => [
      { flavour: content.flavour, latest: id },
    ])
    const newer = await openLedger({ database: { url: test.url }, projections: [changed], catalogue: test.catalogue })
    expect(await rowsOf(newer.db, changed).selectAll().orderBy('latest').execute()).toEqual([
      { flavour: 'plum', latest: 'a' },
      { flavour: 'nut', latest: 'b' },
    ])
    const tables = await sql<{
      table: string
    }>`select table_name as table from information_schema.tables where table_schema like 'projection%'`.execute(newer.db)
    expect(tables.rows).toEqual([{ table: 'cake' }])
    // Whoever still has the old definition would leave the new tables behind.
    expect(await codeOf(test.ledger.append([cake({ id: 'd' })]))).toBe('LEDGER_CHANGED')
    await newer.close()
  })

  it('runs the tables of capabilities once, and refuses a ledger from a newer version', async () => {
    const database = await emptyTestDatabase()
    const migration: Migration = { up: async (db) => void (await sql`create table own_state (n int)`.execute(db)) }
    const open = (names: readonly string[]) =>
      openLedger({
        database: { url: database.url },
        projections: [],
        migrations: Object.fromEntries(names.map((name) => [name, migration])),
        catalogue: makeCatalogue([]),
      })
    await Promise.all([open(['pipeline-1']), open(['pipeline-1'])].map(async (opened) => (await opened).close()))
    expect(await codeOf(open([]))).toBe('LEDGER_TOO_NEW')
    expect(await codeOf(open(['pipeline-1', 'pipeline-2']))).toBe('MIGRATION_FAILED')
    await (await open(['pipeline-1'])).close()
    await database.drop()
  })

  it('says what is wrong with a database it cannot use', async () => {
    const open = (url: string) =>
      openLedger({ database: { url }, projections: [], catalogue: test.catalogue }).then((ledger) => ledger.close())
    expect(await codeOf(open('mysql://root@localhost/x'))).toBe('DATABASE_URL_INVALID')
    expect(await codeOf(open('postgresql://nobody@127.0.0.1:1/x'))).toBe('LEDGER_UNAVAILABLE')
    expect(await codeOf(open(test.url.replace(/\/test_\w+/, '/no_such_database')))).toBe('LEDGER_UNAVAILABLE')
    const foreign = await emptyTestDatabase()
    await inDatabase(foreign.url, 'create table event (x int)')
    await expect(open(foreign.url)).rejects.toMatchObject({ kind: 'refused', help: expect.stringContaining('of its own') as string })
    await foreign.drop()
    const standby = await emptyTestDatabase()
    await inDatabase(standby.url, `alter database "${new URL(standby.url).pathname.slice(1)}" set default_transaction_read_only = on`)
    await expect(open(standby.url)).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      message: expect.stringContaining('read-only') as string,
    })
    await standby.drop()
  })
})
