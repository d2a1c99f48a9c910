import { describe, expect, it } from 'vitest'
import { isExternal } from '../src/ledger/testing.ts'
import { storm } from '../bench/chaos/storm.ts'

describe('a server that is killed while it delivers', () => {
  it('loses no run, does no step twice, keeps every acknowledged event and leaves nothing behind', { timeout: 180_000 }, async () => {
    const { figures, faults } = await storm({ kills: 4, seed: 26, external: isExternal() })
    expect(faults).toEqual([])
    expect(figures).toMatchObject({ kills: 4, lostRuns: 0, doubleSteps: 0, lostEvents: 0 })
    expect(figures.delivered).toBeGreaterThan(0)
    expect(figures.acknowledged).toBeGreaterThan(0)
  })
})
