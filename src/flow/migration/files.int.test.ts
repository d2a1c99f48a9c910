import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Resource } from '../definition/definition.ts'
import { readMigrations } from './files.ts'

describe('a folder of migrations', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'threeways migrations '))
    await mkdir(path.join(folder, 'db'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const read = (migrations: NonNullable<Resource['migrations']>) =>
    readMigrations(folder, { resources: { store: { type: 'postgres', seed: undefined, migrations } } })

  it('is read in the order of its numbers, whatever else lies there', async () => {
    for (const name of ['10_b.sql', 'V9__a.contract.sql', 'README.md'])
      await writeFile(path.join(folder, 'db', name), 'select 1 where false;')
    expect((await read('db'))['store']!.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'V9__a.contract.sql contract',
      '10_b.sql expand',
    ])
  })

  it.each(['elsewhere', 'db/file'])('that is none is named: %s', async (migrations) => {
    await writeFile(path.join(folder, 'db', 'file'), '')
    await expect(read(migrations)).rejects.toMatchObject({
      code: 'MIGRATIONS_MISSING',
      message: `resource "store" names the folder of migrations "${migrations}", and there is none`,
    })
  })

  it('may be a tool instead, which is another migration for every content of its files', async () => {
    const tool = { command: ['migrate'], files: ['db', 'schema.prisma'], timeoutMs: 1_000 }
    await expect(read(tool)).rejects.toMatchObject({
      code: 'MIGRATIONS_MISSING',
      message: 'resource "store" names the files "db", "schema.prisma" of its migrations, and not all are there',
    })
    await writeFile(path.join(folder, 'schema.prisma'), 'one')
    const [one] = (await read(tool))['store']!
    expect(one).toMatchObject({ name: expect.stringMatching(/^db@[0-9a-f]{12}$/), kind: 'expand', tool })
    expect((await read(tool))['store']).toEqual([one])
    await writeFile(path.join(folder, 'schema.prisma'), 'two')
    expect((await read(tool))['store']![0]!.name).not.toBe(one!.name)
  })
})
