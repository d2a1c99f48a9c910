import { describe, expect, it } from 'vitest'
import { makeSketch } from '../../../sdk/src/dark/sketch.ts'
import { usualDemands, verdict, type Rehearsed } from './readiness.ts'

const sketch = () => makeSketch().take()
const seen = (parts: Partial<Rehearsed>): Rehearsed => ({
  compared: 20_000,
  different: 0,
  failed: 0,
  noiseCompared: 20_000,
  noiseDifferent: 0,
  timeouts: 0,
  dropped: 0,
  oversized: 0,
  control: sketch(),
  candidate: sketch(),
  ...parts,
})
const told = (parts: Partial<Rehearsed>) => verdict(seen(parts), usualDemands)
const tooOften = 'control differs from itself too often to tell anything'

describe('control that differs from itself', () => {
  it('opens nothing when it always does, nor when it is shown to in more than a fifth', () => {
    expect(told({ different: 20_000, noiseDifferent: 20_000 })).toMatchObject({ ready: 'not yet', against: [tooOften] })
    expect(told({ different: 4_500, noiseDifferent: 4_500 })).toMatchObject({
      ready: 'not yet',
      against: expect.arrayContaining([tooOften]),
    })
  })

  it('says nothing of it while it may be chance', () => {
    expect(told({ noiseCompared: 1, noiseDifferent: 1 })).toMatchObject({ ready: 'yes', against: [] })
    expect(told({ different: 2_000, noiseDifferent: 2_000 }).against).not.toContain(tooOften)
  })

  it('says what to do where it was never held against itself, and all that differs may be noise', () => {
    expect(told({ compared: 356, different: 356, noiseCompared: 0 }).against).toEqual(
      expect.arrayContaining([expect.stringMatching(/all that differs may be noise: give rehearsals `noise: 0.1`/)]),
    )
  })

  it('does not save a candidate that is refuted all the same', () => {
    expect(told({ different: 20_000, noiseDifferent: 6_000 }).ready).toBe('no')
    expect(told({ different: 20_000, noiseDifferent: 20_000, failed: 2_000 }).ready).toBe('no')
  })
})
