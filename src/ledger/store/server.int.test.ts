import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findLauncher } from '../../kernel/postgres/launcher.ts'
import { run } from '../../kernel/process.ts'
import { makeCatalogue } from '../catalogue.ts'
import { rebuildProjections, verifyProjections } from '../rebuild.ts'
import { rowsOf } from '../rows.ts'
import { cake, cakes, kitchen, meal } from './kitchen.fixture.ts'
import { openLedger } from './open.ts'

const programs = '/usr/lib/postgresql/15/bin'

describe.skipIf(!existsSync(programs))(`a server of somebody's, Debian's PostgreSQL 15 (skipped where ${programs} is not)`, () => {
  let folder: string
  let url: string
  let stop: () => Promise<void>

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'threeways-15-'))
    const data = path.join(folder, 'data')
    const launcher = await findLauncher()
    const command = (program: string, args: readonly string[]) =>
      launcher.command(path.join(programs, program), args, '/usr/lib/postgresql/15/lib')
    const initdb = command('initdb', ['-D', data, '--username=app', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'])
    expect(await run(initdb.program, initdb.args, { env: initdb.env })).toMatchObject({ code: 0 })
    const port = await freePort()
    const settings = [
      '-D',
      data,
      '-p',
      String(port),
      '-k',
      '',
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'fsync=off',
      '-c',
      'synchronous_commit=off',
    ]
    const postgres = command('postgres', settings)
    const server = spawn(postgres.program, postgres.args, { env: postgres.env, stdio: 'ignore' })
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
    stop = async () => {
      server.kill('SIGINT')
      await ended
    }
    while (!/^ready/m.test(await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => ''))) await sleep(20)
    url = `postgresql://app@127.0.0.1:${port}/postgres`
  })
  afterAll(async () => {
    await stop()
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

  it('is refused when its database is not encoded in UTF-8', async () => {
    const ledger = await openLedger({ database: { url }, projections: kitchen.projections, catalogue: makeCatalogue(kitchen.ownTypes) })
    await ledger.pool.query(`create database narrow template template0 encoding 'SQL_ASCII'`)
    await ledger.close()
    const narrow = openLedger({ database: { url: url.replace(/postgres$/, 'narrow') }, projections: [], catalogue: makeCatalogue([]) })
    await expect(narrow).rejects.toMatchObject({ code: 'DATABASE_UNSUITABLE' })
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
