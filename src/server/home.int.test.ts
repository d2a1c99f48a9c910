import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identify } from '../kernel/process.ts'
import { claimHome, openHome, openHomeThere, runningServer } from './home.ts'

describe('a home', () => {
  let place: string
  beforeEach(async () => {
    place = await mkdtemp(path.join(tmpdir(), 'threeways home '))
    process.env['XDG_DATA_HOME'] = path.join(place, 'data')
  })
  afterEach(() => rm(place, { recursive: true }))
  const folder = () => path.join(place, 'project', '.threeways')

  it('is made once, only for its owner, and keeps its id', async () => {
    const { id } = await openHome(folder())
    expect(await openHome(folder())).toMatchObject({ id })
  })

  it('gives one id to two that open it at the same moment', async () => {
    const homes = await Promise.all([openHome(folder()), openHome(folder()), openHome(folder())])
    expect(new Set(homes.map(({ id }) => id)).size).toBe(1)
  })

  it('is no part of the repository around it', async () => {
    await openHome(folder())
    expect(await readFile(path.join(folder(), '.gitignore'), 'utf8')).toBe('*\n')
  })

  it('keeps checkouts outside the project, and removes those of homes that have long been gone', async () => {
    const { id: gone, work } = await openHome(folder())
    expect(work.startsWith(path.join(place, 'data'))).toBe(true)
    await rm(path.join(place, 'project'), { recursive: true })
    const { id } = await openHome(path.join(place, 'other'))
    const works = () => readdir(path.join(place, 'data', 'threeways'))
    expect((await works()).toSorted()).toEqual([gone, id].toSorted())
    await utimes(path.join(work, 'home'), 0, 0)
    await openHome(path.join(place, 'other'))
    expect(await works()).toEqual([id])
  })

  it('refuses a folder that holds something else, and touches nothing in it', async () => {
    await mkdir(folder(), { recursive: true })
    await writeFile(path.join(folder(), '.gitignore'), 'node_modules\n')
    await expect(openHome(folder())).rejects.toMatchObject({ code: 'HOME_FOREIGN' })
    expect(await readdir(folder())).toEqual(['.gitignore'])
    expect(await readFile(path.join(folder(), '.gitignore'), 'utf8')).toBe('node_modules\n')
    await rm(path.join(folder(), '.gitignore'))
    await writeFile(path.join(folder(), 'thesis.txt'), '')
    await expect(openHome(folder())).rejects.toThrow('thesis.txt')
  })

  it('takes up a folder whose making was cut short, or that lost its note', async () => {
    await mkdir(path.join(folder(), 'ledger'), { recursive: true })
    await writeFile(path.join(folder(), 'home.json.new'), '{"for')
    expect((await openHome(folder())).id).toMatch(/./)
  })

  it('takes up a folder that was prepared with the settings of commit statuses', async () => {
    await mkdir(folder(), { recursive: true })
    for (const name of ['commit-status.json', 'github-token', 'gitlab-token']) await writeFile(path.join(folder(), name), '')
    expect((await openHome(folder())).id).toMatch(/./)
  })

  it('is not made by those who only look', async () => {
    await expect(openHomeThere(folder())).rejects.toMatchObject({ code: 'HOME_NOT_FOUND' })
    expect(await readdir(place)).toEqual([])
  })

  it('names those that are in a folder that is none, as the demonstration has its own in that of the repository', async () => {
    const demo = path.join(folder(), 'demo')
    await openHome(demo)
    const help = expect.stringContaining(`--home "${demo}"`) as string
    await expect(openHomeThere(folder())).rejects.toMatchObject({ code: 'HOME_NOT_FOUND', help })
    await expect(openHome(folder())).rejects.toMatchObject({ code: 'HOME_FOREIGN', help })
  })

  it('says where it cannot write', async () => {
    await writeFile(path.join(place, 'project'), '')
    await expect(openHome(folder())).rejects.toMatchObject({
      code: 'HOME_NOT_WRITABLE',
      message: expect.stringMatching(/not a directory \(mkdir ".*project/) as string,
    })
  })

  it.each([
    ['{"format":2,"id":"x"}', 'HOME_TOO_NEW'],
    ['something else', 'HOME_FOREIGN'],
  ])('refuses a folder whose note says %s', async (note, code) => {
    await mkdir(folder(), { recursive: true })
    await writeFile(path.join(folder(), 'home.json'), note)
    await expect(openHome(folder())).rejects.toMatchObject({ code })
    expect(await readFile(path.join(folder(), 'home.json'), 'utf8')).toBe(note)
  })

  it('has one server at a time; a dead one does not count', async () => {
    await openHome(folder())
    const claim = await claimHome(folder())
    await expect(claimHome(folder())).rejects.toMatchObject({ code: 'SERVER_RUNS' })
    await claim.note('http://127.0.0.1:1')
    expect(await runningServer(folder())).toMatchObject({ url: 'http://127.0.0.1:1' })
    const dead = { ...(await identify(process.pid))!, startedAt: 'before' }
    await writeFile(path.join(folder(), 'server.json'), JSON.stringify({ url: 'http://127.0.0.1:1', process: dead }))
    expect(await runningServer(folder())).toBeUndefined()
    await (await claimHome(folder())).release()
    expect(await runningServer(folder())).toBeUndefined()
  })
})
