import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../../server/testing.ts'
import type { Digest } from '../../../kernel/digest.ts'
import { artifactFolder } from '../../candidate/artifact.ts'
import { removeTree } from '../../candidate/folders.ts'
import { packTree } from '../../candidate/parcel.ts'
import { digestOfTree } from '../../candidate/tree.ts'
import type { StepRow } from '../tables.ts'
import { makeParcels, type Part } from './work-parcels.ts'

let t: TestThreeways
let place: string
beforeAll(async () => {
  t = await openTestThreeways()
  place = await mkdtemp(path.join(tmpdir(), 'threeways parcels '))
})
afterAll(async () => {
  await t.close()
  await removeTree(place)
})

/** An artifact in two parts, and how a worker brings them. */
async function artifact(name: string) {
  const folder = path.join(place, name)
  await mkdir(folder)
  await writeFile(path.join(folder, 'app'), randomBytes(2_000))
  const packed = await buffer(await packTree(folder))
  const [first, last]: [Part, Part] = [
    { offset: 0, bytes: packed.subarray(0, 1_000), isLast: false },
    { offset: 1_000, bytes: packed.subarray(1_000), isLast: true },
  ]
  const digest: Digest = await digestOfTree(folder)
  const step = { owner: name, run: 'run', name: 'candidate', fence: 1, work: { kind: 'candidate' } } as StepRow
  const bring = (part: Part) => makeParcels(t.threeways.workshop).bring(step, digest, part)
  const kept = () => readFile(path.join(artifactFolder(path.join(t.home.work, 'artifacts'), digest), 'app'))
  return { first, last, bring, size: packed.length, kept, made: () => readFile(path.join(folder, 'app')) }
}

it('is told again that an artifact has arrived when the answer to its last part was lost', async () => {
  const { first, last, bring, size, kept, made } = await artifact('lost')
  expect([await bring(first), await bring(first), await bring(last)]).toEqual([1_000, 1_000, size])
  expect(await bring(last)).toBe(size)
  expect(await kept()).toEqual(await made())
})

it('takes an artifact from its beginning when the worker was killed while it brought it', async () => {
  const { first, last, bring, size, kept, made } = await artifact('killed')
  const [early, rest]: [Part, Part] = [
    { ...first, bytes: first.bytes.subarray(0, 400) },
    { offset: 400, bytes: first.bytes.subarray(400), isLast: false },
  ]
  await bring(first)
  expect([await bring(early), await bring(rest), await bring(last)]).toEqual([400, 1_000, size])
  expect(await kept()).toEqual(await made())
})

it('takes the parts again that a killed server had not answered for', async () => {
  const { first, last, bring, size, kept, made } = await artifact('restarted')
  expect(await bring(first)).toBe(1_000)
  // A kill leaves some of a part; then all of it; then only its answer is lost.
  const some: Part = { ...last, bytes: last.bytes.subarray(0, -1), isLast: false }
  expect([await bring(some), await bring({ ...last, isLast: false })]).toEqual([size - 1, size])
  expect([await bring(last), await bring(last)]).toEqual([size, size])
  expect(await kept()).toEqual(await made())
})
