import { describe, expect, it } from 'vitest'
import { sharedLook } from './shared-look.ts'

/** Looks that end when told to, each with its number. */
function looks() {
  const begun: { readonly end: () => void; readonly fail: (why: Error) => void }[] = []
  const look = sharedLook(() => {
    const number = begun.length + 1
    return new Promise<number>((resolve, reject) => begun.push({ end: () => resolve(number), fail: reject }))
  })
  const settled = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  return { begun, look, settled }
}

describe('a shared look', () => {
  it('is one for all who ask at the same moment', async () => {
    const { begun, look, settled } = looks()
    const answers = Promise.all([look(), look(), look()])
    await settled()
    expect(begun).toHaveLength(1)
    begun[0]!.end()
    expect(await answers).toEqual([1, 1, 1])
  })

  it('is never one that began before it was asked for', async () => {
    const { begun, look, settled } = looks()
    const first = look()
    await settled()
    const later = [look(), look()]
    await settled()
    expect(begun).toHaveLength(1)
    begun[0]!.end()
    await settled()
    begun[1]!.end()
    expect([await first, ...(await Promise.all(later))]).toEqual([1, 2, 2])
  })

  it('that fails fails for those who asked, and not for those who ask next', async () => {
    const { begun, look, settled } = looks()
    const failing = Promise.allSettled([look(), look()])
    await settled()
    const next = look()
    begun[0]!.fail(new Error('no'))
    expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await settled()
    begun[1]!.end()
    expect(await next).toBe(2)
  })
})
