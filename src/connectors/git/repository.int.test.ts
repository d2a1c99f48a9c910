import { chown, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repositoryContract, type Author } from '../../flow/candidate/repository.contract.ts'
import { openRepository } from './repository.ts'
import { authorGit, gitAuthor } from './testing.ts'

repositoryContract('git', gitAuthor)
repositoryContract('git with SHA-256 names', (folder) => gitAuthor(folder, '--object-format=sha256'))

describe('git repositories as they are found', () => {
  let place: string
  let author: Author
  let first: string
  beforeEach(async () => {
    place = await realpath(await mkdtemp(join(tmpdir(), 'git test ')))
    author = await gitAuthor(join(place, 'origin'))
    await author.write({ a: '1\n' })
    first = await author.commit('one')
  })
  afterEach(async () => {
    for (const name of Object.keys(process.env)) if (name.startsWith('GIT_')) delete process.env[name]
    await rm(place, { recursive: true, force: true })
  })
  const code = (code: string) => expect.objectContaining({ code })
  const at = (name: string) => join(place, name)
  const contentOf = (path: string) => readFile(at(path), 'utf8')

  it('says what to do where there is no repository, no folder, no git', async () => {
    await expect(openRepository(place)).rejects.toEqual(code('NOT_A_REPOSITORY'))
    await expect(openRepository(at('absent'))).rejects.toEqual(code('FOLDER_NOT_FOUND'))
    const path = process.env['PATH']
    process.env['PATH'] = at('origin')
    try {
      await expect(openRepository(author.folder)).rejects.toEqual(code('GIT_NOT_FOUND'))
    } finally {
      process.env['PATH'] = path
    }
  })

  it('finds the top from a folder inside', async () => {
    await mkdir(join(author.folder, 'deep/er'), { recursive: true })
    expect((await openRepository(join(author.folder, 'deep/er'))).root).toBe(author.folder)
  })

  it('works with a bare repository', async () => {
    await authorGit(place, 'clone', '--quiet', '--bare', author.folder, 'bare.git')
    const repository = await openRepository(at('bare.git'))
    expect(await repository.trunk()).toBe('main')
    expect(await repository.dirtyFiles()).toEqual([])
    await repository.checkout((await repository.resolve('main')).sha, at('out'))
    expect(await contentOf('out/a')).toBe('1\n')
  })

  it('works with a linked work tree', async () => {
    await authorGit(author.folder, 'worktree', 'add', '--quiet', '-b', 'side', at('linked'))
    await writeFile(at('linked/a'), 'dirty')
    const repository = await openRepository(at('linked'))
    expect(repository.root).toBe(at('linked'))
    expect(await repository.dirtyFiles()).toEqual([{ path: 'a', kind: 'changed' }])
    await repository.checkout(first, at('out'))
    expect(await contentOf('out/a')).toBe('1\n')
  })

  it('delivers from a shallow, detached clone what it holds, and says how to fetch what it lacks', async () => {
    await author.write({ a: '2\n' })
    const second = await author.commit('two')
    await authorGit(place, 'clone', '--quiet', '--depth=1', `file://${author.folder}`, 'shallow')
    await authorGit(at('shallow'), 'checkout', '--quiet', '--detach')
    const repository = await openRepository(at('shallow'))
    expect((await repository.resolve('HEAD')).parents).toEqual([])
    await repository.checkout(second, at('out'))
    expect(await contentOf('out/a')).toBe('2\n')
    expect(await repository.currentBranch()).toBe(undefined)
    expect(await repository.trunk()).toBe('main')
    await expect(repository.resolve(first)).rejects.toMatchObject({
      code: 'REVISION_UNKNOWN',
      help: expect.stringContaining('--unshallow'),
    })
    await expect(repository.checkout(first, at('other'))).rejects.toEqual(code('REVISION_UNKNOWN'))
  })

  it('follows what origin calls its head, not the branch that is checked out', async () => {
    await author.branch('trunk')
    await authorGit(place, 'clone', '--quiet', author.folder, 'clone')
    await authorGit(at('clone'), 'switch', '--quiet', '--create', 'main')
    expect(await (await openRepository(at('clone'))).trunk()).toBe('trunk')
  })

  it('cannot guess a trunk among detached commits', async () => {
    await authorGit(author.folder, 'checkout', '--quiet', '--detach')
    await authorGit(author.folder, 'branch', '-m', 'main', 'odd')
    const repository = await author.open()
    await expect(repository.trunk()).rejects.toEqual(code('TRUNK_UNKNOWN'))
  })

  it('writes the same bytes whatever the author has configured, and runs nothing of theirs', async () => {
    await author.write({ 'sub/b': '1\n', '.gitattributes': '*.dos text eol=crlf\n', 'x.dos': 'x\n' })
    const sha = await author.commit('two')
    for (const [key, value] of Object.entries({
      'core.autocrlf': 'true',
      'core.eol': 'crlf',
      'core.splitIndex': 'true',
      'core.hooksPath': at('hooks'),
      'core.fsmonitor': at('hooks/post-index-change'),
      'submodule.recurse': 'true',
      'log.showSignature': 'true',
    })) {
      await authorGit(author.folder, 'config', key, value)
    }
    await mkdir(at('hooks'))
    await writeFile(at('hooks/post-index-change'), `#!/bin/sh\ntouch '${at('hook-ran')}'\n`, { mode: 0o755 })
    await authorGit(author.folder, 'sparse-checkout', 'set', 'sub')
    await rm(at('hook-ran'), { force: true })
    const files = await readdir(join(author.folder, '.git'), { recursive: true })
    const repository = await author.open()
    await repository.checkout(sha, at('out'))
    await repository.dirtyFiles()
    expect(await contentOf('out/a')).toBe('1\n')
    expect(await contentOf('out/sub/b')).toBe('1\n')
    expect(await contentOf('out/x.dos')).toBe('x\r\n')
    expect(await readdir(join(author.folder, '.git'), { recursive: true })).toEqual(files)
    expect(await readdir(place)).not.toContain('hook-ran')
  })

  it('ignores what a git hook that calls us exports', async () => {
    process.env['GIT_DIR'] = at('elsewhere')
    process.env['GIT_INDEX_FILE'] = at('elsewhere/index')
    expect((await (await author.open()).resolve('HEAD')).sha).toBe(first)
  })

  it('ignores replaced objects: a name means one content', async () => {
    await author.write({ a: '2\n' })
    const second = await author.commit('two')
    await authorGit(author.folder, 'replace', first, second)
    await (await author.open()).checkout(first, at('out'))
    expect(await contentOf('out/a')).toBe('1\n')
  })

  it('refuses a commit with submodules', async () => {
    await authorGit(author.folder, 'update-index', '--add', '--cacheinfo', `160000,${first},vendor/lib`)
    await authorGit(author.folder, 'commit', '--quiet', '-m', 'sub')
    const repository = await author.open()
    const { sha } = await repository.resolve('HEAD')
    await expect(repository.checkout(sha, at('out'))).rejects.toMatchObject({
      code: 'SUBMODULES_UNSUPPORTED',
      message: expect.stringContaining('vendor/lib'),
    })
    expect(await readdir(place)).toEqual(['origin'])
  })

  it('refuses attributes that only this clone has', async () => {
    await writeFile(join(author.folder, '.git/info/attributes'), '# mine\n*.md diff=words\n*  eol=crlf\n')
    await expect((await author.open()).checkout(first, at('out'))).rejects.toMatchObject({
      code: 'ATTRIBUTES_NOT_COMMITTED',
      message: expect.stringContaining('line 3'),
    })
  })

  it('refuses a pointer where Git LFS holds the content and is not installed', async () => {
    await author.write({ '.gitattributes': '*.bin filter=lfs\n', 'deep/x.bin': 'version https://git-lfs.github.com/spec/v1\n' })
    const sha = await author.commit('large')
    process.env['GIT_CONFIG_GLOBAL'] = '/dev/null'
    process.env['GIT_CONFIG_NOSYSTEM'] = '1'
    await expect((await author.open()).checkout(sha, at('out'))).rejects.toMatchObject({
      code: 'LFS_NOT_INSTALLED',
      message: expect.stringContaining('deep/x.bin'),
    })
  })

  it.skipIf(process.getuid?.() !== 0)("says how to trust another user's repository (needs root to make one)", async () => {
    await chown(author.folder, 12_345, 12_345)
    process.env['GIT_CONFIG_GLOBAL'] = '/dev/null'
    process.env['GIT_CONFIG_NOSYSTEM'] = '1'
    await expect(author.open()).rejects.toMatchObject({ code: 'REPOSITORY_NOT_TRUSTED', help: expect.stringContaining('safe.directory') })
  })

  it('survives a commit that claims an impossible time and has no message', async () => {
    const tree = await authorGit(author.folder, 'rev-parse', 'HEAD^{tree}')
    await writeFile(at('commit'), `tree ${tree}\nauthor  <> 99999999999999 +0000\ncommitter X <x> -1 +0000\n\n`)
    const sha = await authorGit(author.folder, 'hash-object', '-t', 'commit', '-w', '--literally', at('commit'))
    expect(await (await author.open()).resolve(sha)).toMatchObject({ sha, summary: '', author: { name: '' }, fixesStop: undefined })
  })
})
