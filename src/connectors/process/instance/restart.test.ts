import { describe, expect, it } from 'vitest'
import { afterEnding, crashLoopFrom } from './restart.ts'

const serving = { proven: true, serves: true, quickEndings: 0 }
const middle = 0.5

describe('after a process has ended by itself', () => {
  it('is a failed start when it was never ready', () => {
    expect(afterEnding('always', { code: 1, livedMs: 20 }, { ...serving, proven: false }, middle)).toEqual({ kind: 'failed' })
    expect(afterEnding('always', { code: 0, livedMs: 20 }, { ...serving, proven: false }, middle)).toEqual({ kind: 'failed' })
  })

  it('has completed when it ended well, may end, and serves nobody', () => {
    const job = { proven: false, serves: false, quickEndings: 0 }
    expect(afterEnding('no', { code: 0, livedMs: 20 }, job, middle)).toEqual({ kind: 'completed' })
    expect(afterEnding('on-failure', { code: 0, livedMs: 20 }, job, middle)).toEqual({ kind: 'completed' })
    expect(afterEnding('no', { code: 0, livedMs: 20 }, { ...job, serves: true }, middle)).toEqual({ kind: 'failed' })
  })

  it('is started again as its policy says', () => {
    expect(afterEnding('no', { code: 1, livedMs: 20 }, serving, middle)).toEqual({ kind: 'failed' })
    expect(afterEnding('on-failure', { code: 0, livedMs: 20 }, serving, middle)).toEqual({ kind: 'failed' })
    expect(afterEnding('on-failure', { code: undefined, livedMs: 20 }, serving, middle).kind).toBe('restart')
    expect(afterEnding('always', { code: 0, livedMs: 20 }, serving, middle).kind).toBe('restart')
  })

  it('waits twice as long each time it ends quickly, up to half a minute, spread by a quarter either way', () => {
    const delays: number[] = []
    for (let quickEndings = 0; quickEndings < 12; quickEndings++) {
      const next = afterEnding('always', { code: 1, livedMs: 20 }, { ...serving, quickEndings }, middle)
      if (next.kind === 'restart') delays.push(next.afterMs)
    }
    expect(delays.slice(0, crashLoopFrom)).toEqual([100, 200, 400, 800, 1600])
    expect(delays.at(-1)).toBe(30_000)
    const spread = [0, 1].map((random) => afterEnding('always', { code: 1, livedMs: 20 }, serving, random))
    expect(spread).toMatchObject([{ afterMs: 75 }, { afterMs: 125 }])
  })

  it('begins anew after it ran for a while', () => {
    const next = afterEnding('always', { code: 1, livedMs: 10_000 }, { ...serving, quickEndings: 9 }, middle)
    expect(next).toEqual({ kind: 'restart', afterMs: 100, quickEndings: 1 })
  })
})
