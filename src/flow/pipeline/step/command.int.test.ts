import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { launch } from '../../../kernel/detached.ts'
import { pidsMarked } from '../../../kernel/process.ts'
import { closing, runCommand, type CommandStep } from './command.ts'

describe('the command of a step', () => {
  let folder: string
  beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'threeways command '))))
  afterEach(() => rm(folder, { recursive: true }))

  const file = (name: string) => path.join(folder, name)
  const step = (script: string): CommandStep => ({
    folder,
    command: ['sh', '-c', script],
    cwd: folder,
    env: { PATH: process.env['PATH']! },
    mark: { name: 'THREEWAYS_STEP', value: folder },
    deadline: undefined,
  })
  const go = (command: CommandStep, signal = new AbortController().signal) => runCommand(command, () => Date.now(), signal)
  const left = () => pidsMarked('THREEWAYS_STEP', folder)

  it('is not started again by whoever comes after, who hears how it ended', async () => {
    const command = step('echo once >> begun; sleep 0.1; exit 3')
    const first = go(command)
    await expect.poll(() => readFile(file('child.json'), 'utf8').catch(() => '')).toMatch(/\n$/)
    expect(await go(command)).toEqual({ end: 'exited', code: 3, inherited: true })
    expect(await first).toEqual({ end: 'exited', code: 3, inherited: false })
    expect(await readFile(file('begun'), 'utf8')).toBe('once\n')
  })

  it('is ended and lost when it was started and nobody noted its process', async () => {
    const { command, cwd, env, mark } = step('sleep 65')
    await writeFile(file('child.json'), '')
    await launch({ command, cwd, env: { ...env, [mark.name]: mark.value }, logFile: file('log'), exitFile: file('exit') })
    expect(await left()).not.toEqual([])
    expect(await go(step('sleep 65'))).toEqual({ end: 'lost' })
    expect(await left()).toEqual([])
  })

  it('is known by its exit code although nobody noted its process', async () => {
    await writeFile(file('child.json'), '')
    await writeFile(file('exit'), '0\n')
    expect(await go(step('exit 1'))).toEqual({ end: 'exited', code: 0, inherited: true })
  })

  it('is lost when the disk took only half of its exit code', async () => {
    await writeFile(file('child.json'), '')
    await writeFile(file('exit'), '1')
    expect(await go(step('exit 1'))).toEqual({ end: 'lost' })
  })

  it('is lost, not failed, after a server that closed has ended it', async () => {
    const close = new AbortController()
    const first = go(step('sleep 66'), close.signal)
    await expect.poll(left).not.toEqual([])
    close.abort(closing)
    expect(await first).toEqual({ end: 'cancelled' })
    expect(await go(step('sleep 66'))).toEqual({ end: 'lost' })
    expect(await left()).toEqual([])
  })
})
