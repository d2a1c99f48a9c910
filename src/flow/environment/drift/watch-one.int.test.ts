import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { tooLarge } from '../../../kernel/errors.ts'
import { digestOfTree } from '../../candidate/tree.ts'
import type { DriftKind } from './facts.port.ts'
import { makeFiles } from './files.ts'
import { watchOne } from './watch-one.ts'
import type { DriftShop } from './watch.ts'

/** On record, of an environment that nobody can look at right now. */
function drifted(...kinds: readonly DriftKind[]) {
  const mended: string[] = []
  const provider = {
    list: async () => ['shop/test'],
    facts: async () => undefined,
    mend: async (_id: string, drifts: readonly { readonly kind: string }[]) => void mended.push(...drifts.map(({ kind }) => kind)),
  }
  const open = kinds.map((kind) => {
    return { kind, subject: 'db', expected: 'one', observed: 'other', since: '', response: 'alert', reason: '' } as const
  })
  const shop = { provider, say: (problem: string) => expect.fail(problem) } as unknown as DriftShop
  return {
    mended,
    one: watchOne(
      shop,
      makeFiles(() => {}),
      'shop/test',
      open,
      new AbortController().signal,
    ),
  }
}

it('an artifact too large for another copy is looked at like any other, and that is said once', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'threeways drift '))
  await writeFile(path.join(folder, 'app'), 'the app')
  const artifacts = [{ folder, digest: await digestOfTree(folder) }]
  const nothing = { instances: [], replicas: [], strangers: [], addresses: [], resources: [] }
  const facts = async () => ({ mode: 'heal', revision: 1, record: 'as written', artifacts, ...nothing })
  const said: string[] = []
  const keepSpare = async () => Promise.reject(tooLarge('PARCEL_TOO_LARGE', { message: 'it is too large' }))
  const shop = { provider: { facts }, keepSpare, say: (problem: string) => said.push(problem) } as unknown as DriftShop
  const files = makeFiles(() => {})
  const one = watchOne(shop, files, 'shop/test', [], new AbortController().signal)
  expect(await one.look()).toEqual([folder])
  await one.look()
  expect(said).toEqual(['files of "shop/test" cannot be healed, for want of another copy: it is too large'])
  files.close()
  await rm(folder, { recursive: true })
})

it('healing on request never says of data that it was put right', async () => {
  const { one, mended } = drifted('resource-schema', 'process-frozen')
  expect(await one.heal()).toEqual(['process-frozen db'])
  expect(mended).toEqual(['process-frozen'])
  await expect(drifted('resource-schema').one.heal()).rejects.toMatchObject({ code: 'DATA_NOT_HEALED' })
  expect(await drifted().one.heal()).toEqual([])
})
