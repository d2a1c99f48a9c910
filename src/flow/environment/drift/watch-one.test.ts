import { expect, it } from 'vitest'
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

it('healing on request never says of data that it was put right', async () => {
  const { one, mended } = drifted('resource-schema', 'process-frozen')
  expect(await one.heal()).toEqual(['process-frozen db'])
  expect(mended).toEqual(['process-frozen'])
  await expect(drifted('resource-schema').one.heal()).rejects.toMatchObject({ code: 'DATA_NOT_HEALED' })
  expect(await drifted().one.heal()).toEqual([])
})
