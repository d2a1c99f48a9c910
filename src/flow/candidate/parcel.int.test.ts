import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packTree, unpackTree } from './parcel.ts'
import { digestOfTree } from './tree.ts'

describe('a folder on its way to another machine', () => {
  let place: string
  beforeEach(async () => {
    place = await mkdtemp(path.join(tmpdir(), 'threeways parcel '))
  })
  afterEach(() => rm(place, { recursive: true }))
  const to = () => path.join(place, 'to')

  it('arrives as it was: names, bytes, executables, links, empty folders', async () => {
    const from = path.join(place, 'from')
    await mkdir(path.join(from, 'deep', 'empty'), { recursive: true })
    await writeFile(path.join(from, 'deep', 'a "name"\nof two lines'), '')
    await writeFile(path.join(from, 'large'), Buffer.alloc(3_000_000, 'x\n'))
    await writeFile(path.join(from, 'run'), '#!/bin/sh\n')
    await chmod(path.join(from, 'run'), 0o755)
    await symlink('deep/../large', path.join(from, 'link'))
    await unpackTree(await packTree(from), to())
    expect(await digestOfTree(to())).toBe(await digestOfTree(from))
  })

  it('is refused when it leads out of its folder, is cut off or damaged', async () => {
    const entry = (path: string, rest: object = {}) => `${JSON.stringify({ path, kind: 'file', bytes: 0, target: '', ...rest })}\n`
    const wrong = [
      entry('../out'),
      entry('/out'),
      entry('a/../../out'),
      entry('.'),
      entry(''),
      entry('a', { bytes: -1 }),
      entry('a', { kind: 'device' }),
      entry('a', { bytes: 10 }),
      '{"path":"a"',
      `${'x'.repeat(200_000)}`,
    ]
    for (const text of wrong) {
      await expect(unpackTree([gzipSync(text)] as never, to())).rejects.toMatchObject({ code: 'PARCEL_INVALID' })
      await rm(to(), { recursive: true })
    }
    await expect(unpackTree([Buffer.from('no gzip')] as never, to())).rejects.toMatchObject({ code: 'PARCEL_INVALID' })
    expect(await readdir(place)).toEqual(['to'])
  })

  it('writes nothing through a link that came with it', async () => {
    const text =
      `${JSON.stringify({ path: 'door', kind: 'link', bytes: 0, target: place })}\n` +
      `${JSON.stringify({ path: 'door/out', kind: 'file', bytes: 1, target: '' })}\nx`
    await expect(unpackTree([gzipSync(text)] as never, to())).rejects.toThrow(/EEXIST/)
    expect(await readdir(place)).toEqual(['to'])
  })
})
