import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestLedger, type TestLedger } from '../../../ledger/testing.ts'
import { removeTree } from '../../candidate/folders.ts'
import { ledgerDepot, pruneParcels } from './depot.ts'
import { pipelineMigrations } from '../tables.ts'

describe('the depot', () => {
  let test: TestLedger
  let place: string
  const depot = () => ledgerDepot(test.ledger)
  beforeEach(async () => {
    test = await openTestLedger({ migrations: pipelineMigrations })
    place = await mkdtemp(path.join(tmpdir(), 'threeways depot '))
    await writeFile(path.join(place, 'app'), 'the app')
  })
  afterEach(async () => {
    await test.close()
    await removeTree(place)
  })
  const age = () => sql`update parcel set wanted_at = now() - interval '2 hours'`.execute(test.ledger.db)
  const arrives = async (name: string) => {
    const folder = path.join(place, 'arrived')
    await removeTree(folder)
    return (await depot().get(name, folder)) && (await readFile(path.join(folder, 'app'), 'utf8'))
  }

  it('keeps what was brought a moment ago, though no run is on record yet that needs it', async () => {
    await depot().put('source new', place)
    await pruneParcels(test.ledger, new Set())
    expect(await arrives('source new')).toBe('the app')
  })

  it('removes what nothing needs and nobody has brought for a while', async () => {
    for (const name of ['source needed', 'source old', 'source again']) await depot().put(name, place)
    await age()
    await depot().put('source again', place)
    await pruneParcels(test.ledger, new Set(['source needed']))
    expect(await arrives('source needed')).toBe('the app')
    expect(await arrives('source old')).toBe(false)
    expect(await arrives('source again')).toBe('the app')
    expect((await sql`select distinct name from parcel_chunk`.execute(test.ledger.db)).rows).toHaveLength(2)
  })

  it('holds a parcel whole or not at all, however often it is removed while it is brought', async () => {
    for (let round = 0; round < 20; round++) {
      await depot().put('source', place)
      await age()
      await Promise.all([depot().put('source', place), pruneParcels(test.ledger, new Set())])
      expect(await arrives('source')).toBe('the app')
    }
  })
})
