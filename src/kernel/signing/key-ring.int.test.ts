import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { instantOf } from '../clock.ts'
import { unseal } from './dsse.ts'
import { handoverType, openKeyRing, rotateKey } from './key-ring.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'threeways-keys-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('a key is made once, also by two who come at the same time, and only its owner can read it', async () => {
  const [one, two] = await Promise.all([openKeyRing(folder, instantOf(0)), openKeyRing(folder, instantOf(0))])
  expect(one.signer.keyid).toBe(two.signer.keyid)
  expect((await stat(path.join(folder, 'signing-key.json'))).mode & 0o777).toBe(0o600)
})

it('a new key is vouched for by the one before it, whose private half is gone', async () => {
  const first = await openKeyRing(folder, instantOf(0))
  const before = await readFile(path.join(folder, 'signing-key.json'), 'utf8')
  const ring = await rotateKey(folder, instantOf(1000))
  expect(ring.keys.map(({ keyid }) => keyid)).toEqual([first.signer.keyid, ring.signer.keyid])
  const opened = unseal(ring.keys[1]!.handover, first.trusted)
  expect(opened).toMatchObject({ payloadType: handoverType, keyid: first.signer.keyid })
  expect(JSON.parse('payload' in opened ? opened.payload.toString() : '')).toMatchObject({ to: ring.signer.keyid })
  const { privateKey } = JSON.parse(before) as { privateKey: string }
  expect(await readFile(path.join(folder, 'signing-key.json'), 'utf8')).not.toContain(privateKey.split('\n')[1])
})

it('a damaged key file is refused and left as it is', async () => {
  await writeFile(path.join(folder, 'signing-key.json'), '{"format":1')
  await expect(openKeyRing(folder, instantOf(0))).rejects.toMatchObject({ code: 'SIGNING_KEY_UNREADABLE' })
  await expect(rotateKey(folder, instantOf(0))).rejects.toMatchObject({ code: 'SIGNING_KEY_UNREADABLE' })
  expect(await readFile(path.join(folder, 'signing-key.json'), 'utf8')).toBe('{"format":1')
})
