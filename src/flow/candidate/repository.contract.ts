import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Repository } from './repository.port.ts'

/** What a test does to a repository as its author would. `folder` is the work tree; text in `files` replaces the file. */
export type Author = {
  readonly folder: string
  write(files: Readonly<Record<string, string>>): Promise<void>
  link(path: string, target: string): Promise<void>
  makeExecutable(path: string): Promise<void>
  /** Commits everything there is. @returns the full name */
  commit(message: string): Promise<string>
  branch(name: string): Promise<void>
  open(): Promise<Repository>
}

/** What every source of commits must do. A connector passes this before it has other tests. */
export function repositoryContract(name: string, begin: (folder: string) => Promise<Author>): void {
  describe(`${name} is a repository`, () => {
    let place: string
    let author: Author
    beforeEach(async () => {
      place = await realpath(await mkdtemp(join(tmpdir(), 'repository contract ')))
      author = await begin(join(place, 'work tree'))
    })
    afterEach(() => rm(place, { recursive: true, force: true }))

    const out = () => join(place, 'out')
    const head = async () => (await (await author.open()).resolve('HEAD')).sha
    const code = (code: string) => expect.objectContaining({ code })

    it('says who changed what, when, and which stop the change fixes', async () => {
      await author.write({ a: '1' })
      const sha = await author.commit('Fix the till\n\nIt was \u001b[31mbroken.\n\nFixes-Stop: s1\nfixes-stop: s2\nReviewed-by: Ada')
      const commit = await (await author.open()).resolve('HEAD')
      expect(commit).toMatchObject({ sha, summary: 'Fix the till', parents: [], fixesStop: 's1 s2' })
      expect(commit.trailers.at(-1)).toEqual({ key: 'Reviewed-by', value: 'Ada' })
      expect(commit.committedAt).toMatch(/^20\d\d-.*\.000Z$/)
      expect(commit.author.name).not.toBe('')
    })

    it('resolves by full name, short name and branch', async () => {
      await author.write({ a: '1' })
      const sha = await author.commit('one')
      await author.branch('side/line')
      const repository = await author.open()
      for (const name of [sha, sha.slice(0, 8), 'side/line', 'HEAD']) expect((await repository.resolve(name)).sha).toBe(sha)
    })

    it('refuses revisions that name nothing, and options in their place', async () => {
      await author.write({ a: '1' })
      await author.commit('one')
      const repository = await author.open()
      for (const name of ['nothing', '1'.repeat(40), '--all', '-h', '', 'a\0b', 'HEAD:a', 'HEAD\nHEAD', '$(touch x)']) {
        await expect(repository.resolve(name)).rejects.toEqual(code('REVISION_UNKNOWN'))
      }
    })

    it('says of a repository without commits how to make the first', async () => {
      const repository = await author.open()
      await expect(repository.resolve('HEAD')).rejects.toMatchObject({
        code: 'REPOSITORY_EMPTY',
        help: expect.stringContaining('git commit'),
      })
    })

    it('checks out exactly the commit, whatever lies about in the work tree', async () => {
      await author.write({ a: 'committed\n', 'deep/er/b': 'b', 'with\nnew line': 'n', 'run me': '#!/bin/sh\n' })
      await author.link('link', '../../outside')
      await author.makeExecutable('run me')
      const sha = await author.commit('one')
      await author.write({ a: 'dirty\n', untracked: 'u', '.gitattributes': '* text eol=crlf\n' })
      await (await author.open()).checkout(sha, out())
      expect((await readdir(out(), { recursive: true })).toSorted()).toEqual([
        'a',
        'deep',
        'deep/er',
        'deep/er/b',
        'link',
        'run me',
        'with\nnew line',
      ])
      expect(await readFile(join(out(), 'a'), 'utf8')).toBe('committed\n')
      expect(await readlink(join(out(), 'link'))).toBe('../../outside')
      expect((await lstat(join(out(), 'run me'))).mode & 0o111).not.toBe(0)
      expect((await lstat(join(out(), 'a'))).mode & 0o111).toBe(0)
    })

    it('knows which commits are undone: said in its own words, and really the other way round', async () => {
      await author.write({ a: '1\n', b: 'b\n' })
      const kept = await author.commit('one')
      await author.write({ a: '2\n' })
      const bad = await author.commit('two')
      await author.write({ b: 'other\n' })
      await author.commit(`Only says so\n\nThis reverts commit ${kept}.`)
      expect(await (await author.open()).revertedIn(await head())).toEqual([])
      await author.write({ a: '1\n' })
      const revert = await author.commit(`Revert "two"\n\nThis reverts commit ${bad}.`)
      await author.write({ b: 'later\n' })
      await author.commit('three')
      expect(await (await author.open()).revertedIn(await head())).toEqual([bad])
      await author.write({ a: '2\n' })
      await author.commit(`Bring it back\n\nThis reverts commit ${revert}.`)
      expect(await (await author.open()).revertedIn(await head())).not.toContain(bad)
    })

    it('leaves the repository and its surroundings as they were', async () => {
      await author.write({ a: '1' })
      const sha = await author.commit('one')
      await author.write({ a: '2' })
      const repository = await author.open()
      const before = await readdir(author.folder, { recursive: true })
      await repository.checkout(sha, out())
      await repository.dirtyFiles()
      expect(await readdir(author.folder, { recursive: true })).toEqual(before)
      expect(await readFile(join(author.folder, 'a'), 'utf8')).toBe('2')
      expect((await readdir(place)).toSorted()).toEqual(['out', 'work tree'])
    })

    it('checks out an earlier commit', async () => {
      await author.write({ a: '1' })
      const first = await author.commit('one')
      await author.write({ a: '2' })
      await author.commit('two')
      await (await author.open()).checkout(first, out())
      expect(await readFile(join(out(), 'a'), 'utf8')).toBe('1')
    })

    it('does not check out over something else', async () => {
      await author.write({ a: '1' })
      const sha = await author.commit('one')
      const repository = await author.open()
      await mkdir(join(out(), 'precious'), { recursive: true })
      await expect(repository.checkout(sha, out())).rejects.toEqual(code('FOLDER_NOT_EMPTY'))
      await expect(repository.checkout('HEAD', join(place, 'other'))).rejects.toEqual(code('COMMIT_NAME_INVALID'))
      await expect(repository.checkout('1'.repeat(sha.length), join(place, 'other'))).rejects.toEqual(code('REVISION_UNKNOWN'))
    })

    it('knows which branches hold a commit', async () => {
      await author.write({ a: '1' })
      const first = await author.commit('one')
      const repository = await author.open()
      const trunk = await repository.trunk()
      await author.branch('side/line')
      await author.write({ a: '2' })
      const second = await author.commit('two')
      expect([...(await repository.branchesContaining(first))].toSorted()).toEqual([trunk, 'side/line'].toSorted())
      expect(await repository.branchesContaining(second)).toEqual(['side/line'])
      expect(await repository.isOnBranch(first, trunk)).toBe(true)
      expect(await repository.isOnBranch(second, trunk)).toBe(false)
      expect(await repository.isOnBranch(second, 'side')).toBe(false)
      expect(await repository.currentBranch()).toBe('side/line')
      expect(await repository.trunk()).toBe(trunk)
    })

    it('lists the files that are no part of the commit', async () => {
      await author.write({ a: '1', 'b c': '1' })
      await author.commit('one')
      await author.write({ a: '2', 'new/x': '1', 'new/y': '1' })
      expect(await (await author.open()).dirtyFiles()).toEqual([
        { path: 'a', kind: 'changed' },
        { path: 'new/', kind: 'untracked' },
      ])
    })

    it('reads a file of a commit, not of the work tree', async () => {
      await author.write({ 'a/threeways ü.yaml': 'name: ü\n' })
      await author.link('link', 'a')
      const sha = await author.commit('one')
      await author.write({ 'a/threeways ü.yaml': 'dirty', b: 'dirty' })
      const repository = await author.open()
      expect(await repository.readFile(sha, 'a/threeways ü.yaml')).toBe('name: ü\n')
      expect(await repository.readFile(sha, 'b')).toBe(undefined)
      expect(await repository.readFile(sha, '')).toBe(undefined)
      await expect(repository.readFile(sha, 'a')).rejects.toEqual(code('FILE_NOT_REGULAR'))
      await expect(repository.readFile(sha, 'link')).rejects.toEqual(code('FILE_NOT_REGULAR'))
    })

    it('says what lies between two commits: which commits, which files, how many lines', async () => {
      await author.write({ 'src/a.txt': 'one\ntwo\n', 'old name.txt': 'same\ncontent\nof it\n', gone: 'x\n' })
      const from = await author.commit('first')
      await author.write({ 'src/a.txt': 'one\n2\nthree\n', 'new ü.txt': 'same\ncontent\nof it\n', 'blob.bin': '\0\0' })
      await rm(join(author.folder, 'old name.txt'))
      await rm(join(author.folder, 'gone'))
      const to = await author.commit('second\u001b[31m')
      const compared = await (await author.open()).compare(from, to)
      expect(compared).toMatchObject({ commitsTotal: 1, lostTotal: 0, filesTotal: 4, added: 2, removed: 2 })
      expect(compared.commits).toMatchObject([{ commit: to, summary: expect.not.stringContaining('\u001b') }])
      expect(compared.files.map(({ kind, path, previous, added, removed }) => [kind, path, previous, added, removed])).toEqual([
        ['added', 'blob.bin', null, null, null],
        ['removed', 'gone', null, 0, 1],
        ['renamed', 'new ü.txt', 'old name.txt', 0, 0],
        ['changed', 'src/a.txt', null, 2, 1],
      ])
    })

    it('says which commits going back would lose', async () => {
      await author.write({ a: '1' })
      const old = await author.commit('one')
      await author.write({ a: '2' })
      const next = await author.commit('two')
      const repository = await author.open()
      expect(await repository.compare(next, old)).toMatchObject({ commitsTotal: 0, lostTotal: 1, lost: [{ commit: next }] })
      await expect(repository.compare('1'.repeat(40), old)).rejects.toEqual(code('REVISION_UNKNOWN'))
    })

    it('gives the text of one change, whatever its file is called, and cuts a long one at a line', async () => {
      await author.write({ ':(glob)*': 'one\n', other: 'x\n', long: 'x\n' })
      const from = await author.commit('one')
      await author.write({ ':(glob)*': 'two\n', other: 'y\n', long: 'a line\n'.repeat(60_000) })
      const to = await author.commit('two')
      const repository = await author.open()
      const { text, complete } = await repository.patch(from, to, ':(glob)*')
      expect(text).toContain('-one\n+two\n')
      expect(text).not.toContain('other')
      expect(complete).toBe(true)
      const long = await repository.patch(from, to, 'long')
      expect(long.complete).toBe(false)
      expect(long.text.endsWith('+a line\n')).toBe(true)
    })
  })
}
