import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withFileLock } from './file-lock.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'threeways lock '))
})
afterAll(() => rm(folder, { recursive: true }))

it('lets one in at a time, also where dead processes hold it and died breaking it', async () => {
  const file = path.join(folder, 'lock')
  for (const name of ['lock', 'lock.stale', 'lock.stale.stale']) await symlink('999999999 17', path.join(folder, name))
  let inside = 0
  let most = 0
  const visits = Array.from({ length: 20 }, () =>
    withFileLock(file, async () => {
      most = Math.max(most, ++inside)
      await sleep(1)
      inside--
    }),
  )
  await Promise.all(visits)
  expect(most).toBe(1)
  expect(await readdir(folder)).toEqual([])
})

it('is free again when the work failed', async () => {
  const file = path.join(folder, 'failing')
  await expect(withFileLock(file, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck')
  expect(await withFileLock(file, async () => 'free')).toBe('free')
})
