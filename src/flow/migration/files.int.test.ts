import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readMigrations } from './files.ts'

describe('a folder of migrations', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'threeways migrations '))
    await mkdir(path.join(folder, 'db'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const read = (migrations: string) => readMigrations(folder, { resources: { store: { type: 'postgres', seed: undefined, migrations } } })

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
})
