import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ended, launch } from '../detached.ts'
import { isAlive } from '../process.ts'
import { tellFinds } from './scanned-log.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'threeways scanned '))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const value = 'hunter2-hunter2'
const start = (name: string, script: string) =>
  launch({
    command: ['/bin/sh', '-c', script],
    cwd: folder,
    env: { PATH: process.env['PATH']!, VALUE: value },
    logFile: path.join(folder, `${name}.log`),
    exitFile: path.join(folder, `${name}.exit`),
    hide: [{ name: 'TOKEN', value: Buffer.from(value) }],
  })

it("keeps a program's exit code and all it wrote but its secrets, in pieces and through /dev/stdout, and says which they were", async () => {
  const program = await start(
    'all',
    'printf hunter2-; sleep 0.05; echo hunter2 >/dev/stdout; printf %s "$VALUE" | base64 >&2; seq 20000; echo end; exit 7',
  )
  expect(await ended(program)).toEqual({ state: 'ended', code: 7 })
  const log = await readFile(program.logFile, 'utf8')
  expect(log.startsWith('***TOKEN***\n***TOKEN***')).toBe(true)
  expect(log.endsWith('19999\n20000\nend\n')).toBe(true)
  const told: string[] = []
  const tell = async (secret: string) => void told.push(secret)
  await tellFinds(program.logFile, tell)
  await tellFinds(program.logFile, tell)
  expect(told).toEqual(['TOKEN'])
  expect(await isAlive(program.scanner!)).toBe(false)
})

it('lets a program go on when a full disk has no room for what was found, and reads past what was cut short', async () => {
  const log = path.join(folder, 'full.log')
  await symlink('/dev/full', `${log}.finds`)
  const program = await start('full', 'echo "$VALUE"; sleep 0.1; echo "$VALUE"; echo end')
  expect(await ended(program)).toEqual({ state: 'ended', code: 0 })
  expect(await readFile(log, 'utf8')).toBe('***TOKEN***\n***TOKEN***\nend\n')
  await rm(`${log}.finds`)
  await writeFile(`${log}.finds`, '\n{"secret":"TO\n{"secret":"TOKEN","at":""}\n')
  const told: string[] = []
  await tellFinds(log, async (secret) => void told.push(secret))
  expect(told).toEqual(['TOKEN'])
})

it('ends a program whose scanner was killed at its next word, rather than let it tell', async () => {
  const program = await start('killed', 'while :; do echo "$VALUE"; sleep 0.01; done')
  process.kill(program.scanner!.pid, 'SIGKILL')
  expect(await ended(program)).toMatchObject({ state: 'ended' })
  expect(await readFile(program.logFile, 'utf8')).not.toContain(value)
})
