import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { storyChanges } from '../examples/parts-unlimited/story/changes.ts'
import { commitChange, makeScratchRepository } from '../examples/parts-unlimited/story/scratch.ts'
import { git } from '../src/connectors/git/command.ts'
import { run } from '../src/kernel/process.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'threeways parts '))))
afterEach(() => rm(folder, { recursive: true }))

describe('the demonstration', () => {
  it('starts from the same commit wherever it is made, with the shop in it and nothing else', async () => {
    const repositories = [path.join(folder, 'a'), path.join(folder, 'deep', 'b')]
    await Promise.all(repositories.map(makeScratchRepository))
    const [first, second] = await Promise.all(repositories.map((repository) => git(repository, ['rev-parse', 'main'])))
    expect(first).toBe(second)
    const files = (await git(repositories[0]!, ['ls-files'])).split('\n')
    expect(files).toEqual(expect.arrayContaining(['threeways.yaml', 'package-lock.json', '.gitignore', 'db/seed.sql', 'src/server.ts']))
    expect(files.filter((file) => /^(?:node_modules|dist|story)\//.test(file))).toEqual([])
    expect(await readdir(folder)).toEqual(['a', 'deep'])
  })

  it('delivers a shop that can be read in one sitting: under 700 lines, catalogue and settings apart', async () => {
    const repository = path.join(folder, 'shop')
    await makeScratchRepository(repository)
    const files = (await git(repository, ['ls-files'])).trim().split('\n')
    const counted = files.filter(
      (file) => !/^(?:\.\w+|package(?:-lock)?\.json|threeways\.yaml|README\.md|(?:flags|vendor)\/.*|experiment\.yaml)$/.test(file),
    )
    const texts = await Promise.all(counted.map((file) => readFile(path.join(repository, file), 'utf8')))
    const lines = texts.flatMap((text) => text.trimEnd().split('\n')).filter((line) => !/^ {2}\(\d+, 'PU-/.test(line))
    expect(counted).toEqual(expect.arrayContaining(['src/style.css', 'src/drawings.svg', 'db/seed.sql', 'test/unit.ts']))
    expect(lines.length).toBeLessThan(700)
  })

  it('is not made where something is', async () => {
    await mkdir(path.join(folder, 'used'))
    await writeFile(path.join(folder, 'used', 'mine.txt'), 'mine')
    await expect(makeScratchRepository(path.join(folder, 'used'))).rejects.toMatchObject({ code: 'SCRATCH_FOLDER_IN_USE' })
    await expect(makeScratchRepository(path.join(folder, 'used', 'mine.txt'))).rejects.toMatchObject({ code: 'SCRATCH_FOLDER_IN_USE' })
  })

  it('tells changes that each commit something, keep the unit tests green and can be told only once', async () => {
    const repository = path.join(folder, 'shop')
    await makeScratchRepository(repository)
    for (const change of storyChanges) {
      await commitChange(repository, change, change.fixes && 'stop-1')
      const tested = await run('node', ['--test', 'test/unit.ts'], { cwd: repository })
      expect(`${change.name}: ${tested.code === 0 ? 'green' : tested.stdout}`).toBe(`${change.name}: green`)
      await expect(change.apply(repository)).rejects.toMatchObject({ code: 'STORY_TEXT_NOT_FOUND' })
      expect(await git(repository, ['status', '--short'])).toBe('')
    }
    const told = await git(repository, ['log', '--reverse', '--format=%an: %s [%(trailers:key=Fixes-Stop,valueonly,separator=%x2C)]'])
    expect(told.trim().split('\n').slice(1)).toEqual(
      storyChanges.map(({ author, message, fixes }) => `${author.name}: ${message.split('\n')[0]} [${fixes ? 'stop-1' : ''}]`),
    )
  })
})
