import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Author } from '../../flow/candidate/repository.contract.ts'
import type { ToldCommit } from '../../flow/history/commits.port.ts'
import { keepClone, remoteOf } from './clone.ts'
import { openHistory, type Knowledge } from './history.ts'
import { authorGit, gitAuthor } from './testing.ts'

const nothing: Knowledge = { tips: [], cut: [], all: async () => new Set() }

describe('the history of a git repository', () => {
  let place: string
  let author: Author
  beforeEach(async () => {
    place = await realpath(await mkdtemp(join(tmpdir(), 'git history ')))
    author = await gitAuthor(join(place, 'origin'))
  })
  afterEach(() => rm(place, { recursive: true, force: true }))
  const at = (name: string) => join(place, name)
  const git = (...args: string[]) => authorGit(author.folder, ...args)
  const change = async (path: string, text: string, message = path) => {
    await author.write({ [path]: text })
    return author.commit(message)
  }
  const read = async (folder: string, known: Knowledge = nothing) => {
    const commits: ToldCommit[] = []
    for await (const some of (await openHistory(folder)).commits(known)) commits.push(...some)
    return commits
  }
  const code = (name: string) => expect.objectContaining({ code: name })

  it('comes parents first, with files and lines, and again only with what is new', async () => {
    const one = await change('a', '1\n2\n')
    await author.branch('side')
    const two = await change('line\nend', '1\n')
    await git('switch', '--quiet', 'main')
    const three = await change('a', '1\n', 'x'.repeat(100_000))
    await git('merge', '--quiet', '--no-edit', 'side')
    await git('tag', '--annotate', '--message=v1', 'v1')
    const merge = await git('rev-parse', 'HEAD')
    const commits = await read(author.folder)
    expect(commits.map(({ sha }) => sha).toSorted()).toEqual([one, two, three, merge].toSorted())
    const order = new Map(commits.map(({ sha }, index) => [sha, index]))
    expect(commits.every(({ sha, parents }) => parents.every((parent) => order.get(parent)! < order.get(sha)!))).toBe(true)
    const bySha = new Map(commits.map((commit) => [commit.sha, commit]))
    expect(bySha.get(two)).toMatchObject({ paths: ['line\nend'], added: 1, deleted: 0, files: 1 })
    expect(bySha.get(three)).toMatchObject({ added: 0, deleted: 1, subject: expect.stringMatching(/^x{199}…$/) })
    expect(bySha.get(merge)).not.toHaveProperty('files')
    const { refs } = await openHistory(author.folder)
    expect(refs).toMatchObject({ head: merge, trunk: 'refs/heads/main' })
    expect(refs.refs.get('refs/tags/v1')).toBe(merge)
    const four = await change('b', '1\n')
    expect((await read(author.folder, { ...nothing, tips: [merge] })).map(({ sha }) => sha)).toEqual([four])
    expect(await read(author.folder, { ...nothing, tips: [four] })).toEqual([])
  })

  it('is compared commit by commit where a known branch was rewritten', async () => {
    const one = await change('a', '1\n')
    const two = await change('b', '1\n')
    const known = { tips: ['f'.repeat(40)], cut: [], all: async () => new Set([one, 'f'.repeat(40)]) }
    expect((await read(author.folder, known)).map(({ sha }) => sha)).toEqual([two])
  })

  it('is cut off in a shallow clone, says so, and grows when the rest is there', async () => {
    const [one, two, three] = [await change('a', '1\n'), await change('b', '1\n'), await change('c', '1\n')]
    await authorGit(place, 'clone', '--quiet', '--depth=2', `file://${author.folder}`, 'shallow')
    const shallow = await openHistory(at('shallow'))
    expect(shallow.doubts.join()).toContain('shallow')
    const commits = await read(at('shallow'))
    expect(commits.map(({ sha, parents }) => [sha, parents])).toEqual([
      [two, [one]],
      [three, [two]],
    ])
    // All of its files seem new there.
    expect(commits[0]).not.toHaveProperty('files')
    const known = { tips: [three], cut: [two], all: async () => new Set([two, three]) }
    expect(await read(at('shallow'), known)).toEqual([])
    expect((await read(author.folder, known)).map(({ sha, files }) => [sha, files])).toEqual([
      [one, 1],
      [two, 1],
    ])
  })

  it('is read as it was committed, whatever replaces it here', async () => {
    const [one, two, three] = [await change('a', '1\n'), await change('b', '1\n'), await change('c', '1\n')]
    await git('replace', '--graft', three, one)
    await writeFile(join(author.folder, '.git/info/grafts'), `${two}\n`)
    expect((await openHistory(author.folder)).doubts.join()).toContain('replace')
    expect((await read(author.folder)).map(({ parents }) => parents)).toEqual([[], [one], [two]])
  })

  it('takes nothing from the settings of the clone', async () => {
    await change('a', '1\n')
    for (const [key, value] of Object.entries({
      'log.showRoot': 'false',
      'diff.external': 'false',
      'diff.renames': 'copies',
      'log.showSignature': 'true',
      'diff.orderFile': '/nonexistent',
    }))
      await git('config', key, value)
    expect(await read(author.folder)).toMatchObject([{ added: 1, files: 1 }])
  })

  it('knows a detached head, names that are not UTF-8, a submodule', async () => {
    const one = await change('a', '1\n')
    await git(
      '-c',
      'i18n.commitEncoding=ISO-8859-1',
      'commit',
      '--quiet',
      '--allow-empty',
      '--message',
      Buffer.from('caf\xe9', 'latin1').toString('latin1'),
    )
    await git('update-index', '--add', '--cacheinfo', `160000,${one},module`)
    await git('commit', '--quiet', '--message=module')
    await git('switch', '--quiet', '--detach', one)
    const { refs } = await openHistory(author.folder)
    expect(refs).toMatchObject({ head: one, trunk: 'refs/heads/main' })
    expect((await read(author.folder)).map(({ paths }) => paths)).toEqual([['a'], [], ['module']])
  })

  it('says what is wrong with none, an empty one, a broken one', async () => {
    await expect(openHistory(place)).rejects.toEqual(code('NOT_A_REPOSITORY'))
    await expect(openHistory(at('absent'))).rejects.toEqual(code('FOLDER_NOT_FOUND'))
    await expect(openHistory(author.folder)).rejects.toEqual(code('REPOSITORY_EMPTY'))
    await change('a', '1\n')
    const tree = await git('rev-parse', 'HEAD^{tree}')
    await change('b', '1\n')
    await rm(join(author.folder, '.git/objects', tree.slice(0, 2), tree.slice(2)))
    await expect(read(author.folder)).rejects.toEqual(code('REPOSITORY_BROKEN'))
  })

  it('is left as it is where a branch stands for a commit that is missing or damaged', async () => {
    const one = await change('a', '1\n')
    const object = join(author.folder, '.git/objects', one.slice(0, 2), one.slice(2))
    await rm(object)
    await writeFile(object, 'no object')
    await expect(openHistory(author.folder)).rejects.toMatchObject({
      code: 'REPOSITORY_BROKEN',
      message: expect.stringContaining(one.slice(0, 12)),
      help: expect.stringContaining('git fsck'),
    })
  })

  it('is in doubt where git cannot read a branch', async () => {
    const one = await change('a', '1\n')
    await writeFile(join(author.folder, '.git/refs/heads/half'), one.slice(0, 20))
    const { refs, doubts } = await openHistory(author.folder)
    expect([...refs.refs.keys()]).toEqual(['refs/heads/main'])
    expect(doubts).toEqual([expect.stringContaining('refs/heads/half')])
  })

  it('is cloned without the contents of files, kept, and brought up to date', async () => {
    await git('config', 'uploadpack.allowFilter', 'true')
    await change('a', '1\n')
    const remote = remoteOf(`file://${author.folder}`)!
    const clone = await keepClone(at('clones'), remote, false)
    expect((await openHistory(clone)).refs.trunk).toBe('refs/heads/main')
    expect((await openHistory(clone)).doubts.join()).toContain('contents')
    expect(await read(clone)).toMatchObject([{ files: 1, paths: ['a'] }])
    await change('b', '1\n')
    await git('branch', 'gone', 'HEAD')
    expect(await keepClone(at('clones'), remote, false)).toBe(clone)
    expect(await read(clone)).toHaveLength(2)
    expect(await read(await keepClone(at('clones'), remote, true))).toMatchObject([{ added: 1 }, { added: 1 }])
    expect((await readdir(at('clones'))).filter((name) => !name.endsWith('.git'))).toEqual([])
    await expect(keepClone(at('clones'), { url: `file://${at('absent')}`, name: 'absent' }, false)).rejects.toEqual(code('CLONE_FAILED'))
  })

  it('is fetched by https, ssh and file alone, and never with a password', () => {
    expect(remoteOf('git@github.com:acme/shop.git')).toEqual({ url: 'git@github.com:acme/shop.git', name: 'acme/shop' })
    expect(remoteOf('https://example.org/group/acme/shop/')).toMatchObject({ name: 'acme/shop' })
    expect(['.', '/tmp/a:b', 'C:\\repository', './a:b'].map((folder) => remoteOf(folder))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    for (const url of ['ext::sh -c true', 'http://example.org/a', 'git://example.org/a', 'https://me:secret@example.org/a', '-oProxy=x:y'])
      expect(() => {
        if (remoteOf(url) !== undefined) return
        throw Object.assign(new Error(url), { code: 'URL_INVALID' })
      }).toThrow(code('URL_INVALID'))
  })
})
