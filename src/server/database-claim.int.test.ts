import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestLedger, type TestLedger } from '../ledger/testing.ts'
import { claimDatabase } from './database-claim.ts'

const ours =
  "from pg_locks where locktype = 'advisory' and objid = 7333003 and database = (select oid from pg_database where datname = current_database())"

describe('a shared database', () => {
  let ledger: TestLedger
  beforeEach(async () => {
    ledger = await openTestLedger()
  })
  afterEach(() => ledger.close())

  it('has one server at a time', async () => {
    const first = await claimDatabase(ledger.ledger, () => {})
    await expect(claimDatabase(ledger.ledger, () => {})).rejects.toMatchObject({ code: 'DATABASE_CLAIMED' })
    first.release()
    ;(await claimDatabase(ledger.ledger, () => {})).release()
  })

  it('stays claimed when the connection of the claim is cut', async () => {
    const said: string[] = []
    const first = await claimDatabase(ledger.ledger, (message) => said.push(message))
    const admin = new Client({ connectionString: ledger.url })
    await admin.connect()
    const held = async () => (await admin.query<{ pid: number }>(`select pid ${ours}`)).rows.map(({ pid }) => pid)
    const [pid] = await held()
    await admin.query('select pg_terminate_backend($1)', [pid])
    await expect.poll(() => said).toHaveLength(1)
    await expect.poll(async () => (await held()).filter((other) => other !== pid), { timeout: 10_000 }).toHaveLength(1)
    await expect(claimDatabase(ledger.ledger, () => {})).rejects.toMatchObject({ code: 'DATABASE_CLAIMED' })
    first.release()
    await admin.end()
  })
})
