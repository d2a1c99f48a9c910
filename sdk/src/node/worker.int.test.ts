import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NotNow } from '../dark/task.ts'
import { workerCandidate } from './worker.ts'

const module = `
export const twice = (n) => n * 2
export const fails = () => { throw new RangeError('too far') }
export const busy = () => { for (;;); }
export const dies = () => process.exit(3)
export const eats = () => { const all = []; for (;;) all.push(new Array(100_000).fill(all.length)) }
`

describe('a candidate in a thread of its own', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'threeways worker '))
    await writeFile(path.join(folder, 'candidate.mjs'), module)
  })
  afterAll(() => rm(folder, { recursive: true }))

  const candidateOf = (name: string) => workerCandidate(pathToFileURL(path.join(folder, 'candidate.mjs')), name, { memoryMb: 32 })
  const taskOf = (abort = new AbortController()) => {
    const spent: number[] = []
    return { task: { signal: abort.signal, dark: true as const, spent: (ms: number) => void spent.push(ms) }, abort, spent }
  }

  it('answers, again and again, and says what it took', async () => {
    const twice = candidateOf('twice')
    const { task, spent } = taskOf()
    expect([await twice(2)(task), await twice(3)(task)]).toEqual([4, 6])
    expect(spent).toHaveLength(2)
    await twice.close()
  })

  it('throws what it throws there', async () => {
    await expect(candidateOf('fails')(1)(taskOf().task)).rejects.toMatchObject({ name: 'RangeError', message: 'too far' })
  })

  it('is ended when its time is up, however busy it is; meanwhile nobody else is let in', async () => {
    const busy = candidateOf('busy')
    const { task, abort } = taskOf()
    const first = busy(1)(task)
    await expect(busy(2)(task)).rejects.toBeInstanceOf(NotNow)
    abort.abort(new Error('time is up'))
    await expect(first).rejects.toThrow('time is up')
  })

  it('refuses what cannot be copied to it, and takes the next', async () => {
    const twice = candidateOf('twice')
    await expect(twice(() => 1)(taskOf().task)).rejects.toMatchObject({ name: 'DataCloneError' })
    expect(await twice(2)(taskOf().task)).toBe(4)
    await twice.close()
  })

  it.each([
    ['dies', /ended with 3/],
    ['eats', /memory/],
    ['is not there', /not a function/],
  ])('does no harm when it %s', async (name, why) => {
    await expect(candidateOf(name)(1)(taskOf().task)).rejects.toThrow(why)
  })
})
