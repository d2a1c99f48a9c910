import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { watchLeaks } from './secrets.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'threeways leaks '))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('tells of a find when the ledger is back that was away when it was made', async () => {
  const log = path.join(folder, 'log')
  await writeFile(`${log}.finds`, '{"secret":"TOKEN"}\n')
  const told: string[] = []
  let failures = 0
  const leaked = async (secret: string) => {
    if (failures++ === 0) throw new Error('the ledger is away')
    told.push(secret)
  }
  const over = new AbortController()
  const watching = watchLeaks(log, { leaked }, over.signal)
  while (failures < 2) await sleep(20)
  over.abort()
  await watching
  expect(told).toEqual(['TOKEN'])
})
