import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identify, run } from './process.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'threeways run '))
})
afterEach(() => rm(folder, { recursive: true }))

const pidIn = async (file: string) => Number(await readFile(path.join(folder, file), 'utf8'))

describe('running a program', () => {
  it('keeps what it wrote, and answers with its exit code', async () => {
    const ran = await run('sh', ['-c', 'echo out; echo err >&2; exit 3'])
    expect(ran).toEqual({ code: 3, signal: null, stdout: 'out\n', stderr: 'err\n' })
  })

  it('does not wait for what it left in the background, which holds its pipes', async () => {
    const ran = await run('sh', ['-c', 'sleep 60 & echo $! > pid; echo done'], { cwd: folder })
    expect(ran).toMatchObject({ code: 0, stdout: 'done\n' })
    process.kill(await pidIn('pid'))
  })

  it('ends what it started with it when the time is over', async () => {
    await expect(run('sh', ['-c', 'sleep 60 & echo $! > pid; wait'], { cwd: folder, timeoutMs: 200 })).rejects.toMatchObject({
      code: 'PROGRAM_TIMED_OUT',
    })
    await expect.poll(async () => identify(await pidIn('pid'))).toBeUndefined()
  })

  it('ends what it started with it when it is aborted, and gives the reason', async () => {
    const reason = new Error('no longer wanted')
    const abort = new AbortController()
    const ran = run('sh', ['-c', 'sleep 60 & echo $! > pid; wait'], { cwd: folder, signal: abort.signal })
    await expect.poll(() => pidIn('pid').catch(() => 0)).toBeGreaterThan(0)
    abort.abort(reason)
    await expect(ran).rejects.toBe(reason)
    await expect.poll(async () => identify(await pidIn('pid'))).toBeUndefined()
  })

  it('says which program cannot be found', async () => {
    await expect(run('no-such-program', [])).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' })
  })
})
