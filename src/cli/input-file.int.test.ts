import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCsv } from '../connectors/csv/read.ts'
import { readMap } from '../connectors/csv/map.ts'
import { openTable, textOf } from './input-file.ts'

const map = readMap('{name: x, time: {column: t}, service: s, environment: e, events: [{event: deployment, version: v}]}', 'map.yaml')
const table = 't,s,e,v\n2026-01-01T00:00:00Z,shop,production,v1\n'

describe('a table that a command is to read', () => {
  let cwd: string
  beforeAll(async () => (cwd = await mkdtemp(path.join(tmpdir(), 'tables '))))
  afterAll(() => rm(cwd, { recursive: true }))
  const write = (name: string, content: string | Buffer) => writeFile(path.join(cwd, name), content)
  const versions = async (name: string) => {
    const input = await openTable({ cwd, process }, name)
    // As long as a command takes to open its ledger.
    await sleep(20)
    const told: unknown[] = []
    for await (const row of readCsv(input, name, map, Date.now())) told.push(...row.told.map((one) => 'version' in one && one.version))
    return told
  }

  it('is compressed or not, whatever its name says', async () => {
    await write('plain.csv', table)
    await write('plain.csv.gz', table)
    await write('packed.csv.gz', gzipSync(table))
    await write('packed.csv', gzipSync(table))
    for (const name of ['plain.csv', 'plain.csv.gz', 'packed.csv.gz', 'packed.csv']) expect(await versions(name)).toEqual(['v1'])
  })

  it('says where it is damaged', async () => {
    await write('cut.csv.gz', gzipSync(table.repeat(1000)).subarray(0, -30))
    await expect(versions('cut.csv.gz')).rejects.toThrow(/^cut\.csv\.gz:\d+ the compressed file is cut off/)
  })

  it('is neither missing nor a folder, and nor is a map', async () => {
    await expect(openTable({ cwd, process }, 'nothing.csv')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    await expect(openTable({ cwd, process }, '.')).rejects.toMatchObject({ code: 'FILE_INVALID', message: '"." is a folder, and no file' })
    await expect(textOf({ cwd }, '.', 'see the docs')).rejects.toMatchObject({ code: 'FILE_INVALID', help: 'see the docs' })
  })
})
