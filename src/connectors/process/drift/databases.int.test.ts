import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCluster, type Cluster } from '../../../kernel/postgres/cluster.ts'
import { databaseLook } from './databases.ts'

describe('looking at databases in which somebody always writes', () => {
  let folder: string
  let cluster: Cluster
  const database = 'env_busy'
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'threeways look '))
    cluster = await startCluster({ directory: path.join(folder, 'pg'), tcp: true, settings: { fsync: 'off' } })
    await query('postgres', `create database ${database}`)
  })
  afterAll(async () => {
    await cluster.stop()
    await rm(folder, { recursive: true, force: true })
  })

  async function query(name: string, sql: string): Promise<void> {
    const client = new Client(cluster.connection(name))
    await client.connect()
    await client.query(sql)
    // What was written is counted at the latest when it leaves.
    await client.end()
  }

  it('reads a schema again at once while that costs little, and after a change that was made on purpose; else in its turn', async () => {
    let [time, stepMs] = [0, 1]
    const look = databaseLook(
      async () => cluster,
      () => (time += stepMs),
    )
    const seen = async () => (await look.look('db', { database, role: 'postgres' })).schema
    const later = (ms: number) => void (time += ms)
    /** Until the server has counted what was written. */
    const changed = async (from: string | undefined) => {
      for (;;) {
        later(2_000)
        const now = await seen()
        if (now !== from) return now
      }
    }
    const empty = await seen()
    await query(database, 'create table one (id int)')
    const one = await changed(empty)
    expect(time).toBeLessThan(20_000)
    // From now on to read it takes a second.
    stepMs = 1_000
    await query(database, 'create table two (id int)')
    const two = await changed(one)
    const readAt = time
    await query(database, 'create table three (id int)')
    const three = await changed(two)
    expect(time - readAt).toBeGreaterThanOrEqual(10_000)
    await query(database, 'create table four (id int)')
    stepMs = 1
    const changedAt = time
    while ((await seen()) === three) look.forget()
    expect(time - changedAt).toBeLessThan(10_000)
    await look.close()
  })
})
