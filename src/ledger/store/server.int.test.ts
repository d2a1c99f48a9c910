import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installedPrograms, makeTeamServer, type TeamServer } from '../../kernel/postgres/testing.ts'
import { makeCatalogue } from '../catalogue.ts'
import { rebuildProjections, verifyProjections } from '../rebuild.ts'
import { rowsOf } from '../rows.ts'
import { cake, cakes, kitchen, meal } from './kitchen.fixture.ts'
import { openLedger } from './open.ts'

const programs = await installedPrograms()

describe.skipIf(programs === undefined)("a server of somebody's (skipped where the system brought no PostgreSQL from 15 on)", () => {
  let folder: string
  let server: TeamServer
  let url: string

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'threeways-server-'))
    server = await makeTeamServer(programs!, path.join(folder, 'data'), { fsync: 'off', synchronous_commit: 'off' })
    url = server.url()
  })
  afterAll(async () => {
    await server.stop()
    await rm(folder, { recursive: true })
  })

  it('holds a ledger as our own does, and waits for the disk although it would not by itself', async () => {
    const options = { database: { url }, projections: kitchen.projections, catalogue: makeCatalogue(kitchen.ownTypes) }
    const ledger = await openLedger(options)
    await ledger.append([cake({ id: 'a' }), meal({ id: 'b' })])
    expect(await ledger.append([cake({ id: 'a' })])).toEqual([{ seq: 1, duplicate: true }])
    expect((await rowsOf(ledger.db, cakes).select(['eaten', 'totalGrams']).execute())[0]).toEqual({ eaten: true, totalGrams: 500 })
    await rebuildProjections(ledger)
    expect(await verifyProjections(ledger)).toEqual([])
    const { rows } = await ledger.pool.query('show synchronous_commit')
    expect(rows).toEqual([{ synchronous_commit: 'on' }])
    await ledger.close()
    const again = await openLedger(options)
    expect(await again.head()).toBe(2)
    await again.close()
  })

  it('is refused where its role may make no tables, and says how that is changed', async () => {
    const closed = openLedger({ database: { url: server.url('postgres') }, projections: [], catalogue: makeCatalogue([]) })
    await expect(closed).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining('permission denied for schema public') as string,
      help: expect.stringContaining('make it the owner of the database') as string,
    })
  })

  it('is refused when its database is not encoded in UTF-8', async () => {
    const ledger = await openLedger({ database: { url }, projections: kitchen.projections, catalogue: makeCatalogue(kitchen.ownTypes) })
    await ledger.pool.query(`create database narrow template template0 encoding 'SQL_ASCII'`)
    await ledger.close()
    const narrow = openLedger({ database: { url: server.url('narrow') }, projections: [], catalogue: makeCatalogue([]) })
    await expect(narrow).rejects.toMatchObject({ code: 'DATABASE_UNSUITABLE' })
  })
})
