import { chmod, mkdir, mkdtemp, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../kernel/process.ts'
import { compareTrees, digestOfTree, listTree } from './tree.ts'

describe("a tree's digest", () => {
  let place: string
  beforeEach(async () => {
    place = await realpath(await mkdtemp(join(tmpdir(), 'tree test ')))
  })
  afterEach(() => rm(place, { recursive: true, force: true }))

  async function tree(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(place, name, path)), { recursive: true })
      await writeFile(join(place, name, path), text)
    }
    return join(place, name)
  }
  const usual = { a: '1', 'b/c d': '2', 'b-': '3', 'new\nline': '4', ü: '5' }

  it('is the same for the same content, whatever the order, times, owners and umask', async () => {
    const one = await tree('one', usual)
    const two = await tree('two', Object.fromEntries(Object.entries(usual).toReversed()))
    await utimes(join(two, 'a'), 1, 1)
    await chmod(join(two, 'a'), 0o600)
    await chmod(join(two, 'b'), 0o700)
    expect(await digestOfTree(two)).toBe(await digestOfTree(one))
    expect(await compareTrees(one, two)).toEqual([])
  })

  it('is another for every difference that could change behaviour, and the difference is named', async () => {
    const one = await tree('one', { ...usual, run: 'x' })
    const changes: Record<string, [(folder: string) => Promise<unknown>, string, string]> = {
      content: [(folder) => writeFile(join(folder, 'a'), '2'), 'a', 'content'],
      length: [(folder) => writeFile(join(folder, 'a'), '11'), 'a', 'content'],
      bit: [(folder) => chmod(join(folder, 'run'), 0o755), 'run', 'kind'],
      gone: [(folder) => rm(join(folder, 'a')), 'a', 'only in the first'],
      new: [(folder) => writeFile(join(folder, 'z'), ''), 'z', 'only in the second'],
      folder: [(folder) => mkdir(join(folder, 'empty')), 'empty', 'only in the second'],
      link: [(folder) => symlink('a', join(folder, 'l')), 'l', 'only in the second'],
    }
    const digests = new Set([await digestOfTree(one)])
    for (const [name, [change, path, difference]] of Object.entries(changes)) {
      const other = await tree(name, { ...usual, run: 'x' })
      await change(other)
      digests.add(await digestOfTree(other))
      expect(await compareTrees(one, other)).toEqual([{ path, difference }])
    }
    expect(digests.size).toBe(Object.keys(changes).length + 1)
  })

  it('tells where a link points, and never goes there', async () => {
    const [one, two] = [await tree('one', { a: '1' }), await tree('two', { a: '1' })]
    await symlink('/proc', join(one, 'l'))
    await symlink('nowhere', join(two, 'l'))
    expect((await listTree(one)).map(({ path, kind }) => `${path} ${kind}`)).toEqual(['a file', 'l link'])
    expect(await compareTrees(one, two)).toEqual([{ path: 'l', difference: 'link target' }])
  })

  it('lists overlapping parts once', async () => {
    const one = await tree('one', usual)
    expect((await listTree(one, ['b/c d', 'b', 'a', 'a'])).map(({ path }) => path)).toEqual(['a', 'b/c d'])
  })

  it('reads large files in pieces', async () => {
    const [one, two] = [await tree('one', { big: 'x'.repeat(3_000_000) }), await tree('two', { big: `${'x'.repeat(2_999_999)}y` })]
    expect(await compareTrees(one, two)).toEqual([{ path: 'big', difference: 'content' }])
  })

  it('refuses what has no content, and names it cannot write down', async () => {
    const one = await tree('one', usual)
    await run('mkfifo', [join(one, 'pipe')])
    await expect(digestOfTree(one)).rejects.toMatchObject({ code: 'FILE_SPECIAL', message: expect.stringContaining('"pipe"') })
    const two = await tree('two', usual)
    await writeFile(Buffer.concat([Buffer.from(`${two}/`), Buffer.from([0xe9])]), '')
    await expect(digestOfTree(two)).rejects.toMatchObject({ code: 'FILE_NAME_INVALID' })
  })
})
