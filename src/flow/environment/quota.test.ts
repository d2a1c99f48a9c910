import { describe, expect, it } from 'vitest'
import { withinQuotas, type Holding } from './quota.ts'

const one = (id: string, change: Partial<Holding> = {}): Holding => ({
  id,
  by: 'ada',
  isStages: false,
  asleep: false,
  memoryBytes: 0,
  cpus: 0,
  ...change,
})
const refusal = (quotas: Parameters<typeof withinQuotas>[0], wanted: Holding, held: readonly Holding[]) => {
  try {
    withinQuotas(quotas, wanted, held)
  } catch (error) {
    return (error as Error).message
  }
}

describe('how many environments there may be', () => {
  it('is not limited where the policy says nothing', () => {
    expect(refusal(undefined, one('shop/b'), [one('shop/a')])).toBeUndefined()
    expect(refusal({ environments: {} }, one('shop/b'), [one('shop/a')])).toBeUndefined()
  })

  it('is counted in all, of a stream and of a person, and says who has them', () => {
    const held = [one('shop/a'), one('shop/b', { by: 'bob' }), one('shop/test', { isStages: true, by: undefined })]
    expect(refusal({ environments: { total: 2 } }, one('till/c'), held)).toBe(
      'there are 2 environments on this server already, and the policy allows 2; held by shop/a (ada), shop/b (bob)',
    )
    expect(refusal({ environments: { stream: 2 } }, one('till/c'), held)).toBeUndefined()
    expect(refusal({ environments: { stream: 2 } }, one('shop/c'), held)).toContain('of shop already')
    expect(refusal({ environments: { person: 1 } }, one('till/c'), held)).toContain('of ada already')
    expect(refusal({ environments: { person: 1 } }, one('till/c', { by: 'eve' }), held)).toBeUndefined()
  })

  it('does not count the one that is made again', () => {
    expect(refusal({ environments: { total: 1 } }, one('shop/a'), [one('shop/a')])).toBeUndefined()
  })
})

describe('what environments may use together', () => {
  const held = [one('shop/a', { memoryBytes: 2 ** 30, cpus: 1 }), one('shop/z', { memoryBytes: 2 ** 30, cpus: 1, asleep: true })]

  it('is the sum of the limits of those that are awake', () => {
    const quotas = { environments: {}, memoryBytes: 2 ** 31, cpus: 2 }
    expect(refusal(quotas, one('shop/b', { memoryBytes: 2 ** 30, cpus: 1 }), held)).toBeUndefined()
    expect(refusal(quotas, one('shop/b', { memoryBytes: 2 ** 30 + 1 }), held)).toContain('held by shop/a (ada): 1 GiB of memory')
    expect(refusal(quotas, one('shop/b', { cpus: 1.5 }), held)).toContain('allows 2 cpus')
  })
})
