import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { startCluster } from '../../kernel/postgres/cluster.ts'
import { makeCatalogue } from '../catalogue.ts'
import { rebuildProjections, verifyProjections } from '../rebuild.ts'
import { rowsOf } from '../rows.ts'
import { openTestLedger } from '../testing.ts'
import { cake, cakes, kitchen } from './kitchen.fixture.ts'
import { openLedger } from './open.ts'

describe('a writer that is killed', () => {
  it('has lost nothing that was acknowledged, and left nothing half done', async () => {
    const test = await openTestLedger(kitchen)
    const writer = spawn(process.execPath, [path.join(import.meta.dirname, 'writer.fixture.ts'), test.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    await new Promise<void>((resolve) => {
      writer.stdout.on('data', (data: Buffer) => {
        said += data.toString()
        if (said.split('\n').length > 300) {
          writer.kill('SIGKILL')
          resolve()
        }
      })
    })
    await new Promise((resolve) =>
      writer.exitCode === null && writer.signalCode === null ? writer.once('close', resolve) : resolve(undefined),
    )
    const acknowledged = said.split('\n').slice(0, -1)
    const { ledger } = test
    // Behind the lock: what the killed process had on its way is in or out by now.
    await ledger.transaction((tx) => tx.lock())
    const events = await ledger.read({ limit: 100_000 })
    const recorded = new Set(events.map(({ event }) => event.id))
    expect(acknowledged.filter((id) => !recorded.has(id))).toEqual([])
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    expect(await ledger.head()).toBe(events.length)
    expect(await verifyProjections(ledger)).toEqual([])
    await test.close()
  })
})

describe('a rebuild', () => {
  it('gives the same tables while others append, and can be repeated after it was cut off', async () => {
    const { ledger, close } = await openTestLedger(kitchen)
    await ledger.append(Array.from({ length: 500 }, (_, n) => cake({ id: `before-${n}`, grams: n })))
    const cutOff = rebuildProjections(ledger, () => {
      throw new Error('cut off')
    })
    await expect(cutOff).rejects.toThrow('cut off')
    const now = { rebuilding: true }
    let appended = 0
    const rebuilt = rebuildProjections(ledger).finally(() => (now.rebuilding = false))
    while (now.rebuilding) await ledger.append([cake({ id: `meanwhile-${appended++}`, grams: 1 })])
    await rebuilt
    expect(await verifyProjections(ledger)).toEqual([])
    expect((await rowsOf(ledger.db, cakes).select('totalGrams').executeTakeFirst())?.totalGrams).toBe((499 * 500) / 2 + appended)
    await close()
  })

  it('is compared with what stands, row by row', async () => {
    const { ledger, close } = await openTestLedger(kitchen)
    await ledger.append([cake({ id: 'a', flavour: 'plum' }), cake({ id: 'b', flavour: 'nut' })])
    await ledger.pool.query(`update projection.cake set total_grams = 1 where flavour = 'nut'`)
    expect(await verifyProjections(ledger)).toMatchObject([{ projection: 'cake', missing: 1, unexpected: 1 }])
    await rebuildProjections(ledger)
    expect(await verifyProjections(ledger)).toEqual([])
    await close()
  })
})

describe('a database that goes away', () => {
  it('makes appends fail with a clear error and nothing half done, and is used again when it is back', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'threeways gone '))
    const start = () => startCluster({ directory: path.join(directory, 'postgres'), settings: { fsync: 'off' } })
    let cluster = await start()
    const ledger = await openLedger({ database: { cluster }, projections: kitchen.projections, catalogue: makeCatalogue(kitchen.ownTypes) })
    let told = 0
    ledger.onAppend((head) => (told = head))
    await ledger.append([cake({ id: 'before' })])
    const held = ledger.transaction(async (tx) => {
      await tx.append([cake({ id: 'held' })])
      await cluster.stop()
    })
    await expect(held).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE', status: 503 })
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => ledger.append([cake({ id: `gone-${n}` })])))
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code)).toEqual(
      Array(10).fill('LEDGER_UNAVAILABLE'),
    )
    await expect(ledger.read({})).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' })
    cluster = await start()
    expect(await ledger.append([cake({ id: 'after' })])).toEqual([{ seq: 2, duplicate: false }])
    expect((await ledger.read({})).map(({ event }) => event.id)).toEqual(['before', 'after'])
    expect(told).toBe(2)
    await ledger.close()
    await cluster.stop()
    await rm(directory, { recursive: true })
  })
})
