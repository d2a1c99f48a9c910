import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestLedger, type TestLedger } from '../ledger/testing.ts'
import { claimDatabase } from './database-claim.ts'

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
    await admin.query(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 7333003 and database = (select oid from pg_database where datname = current_database())",
    )
    await expect.poll(() => said).toHaveLength(1)
    await expect(claimDatabase(ledger.ledger, () => {})).rejects.toMatchObject({ code: 'DATABASE_CLAIMED' })
    first.release()
    await admin.end()
  })
})
