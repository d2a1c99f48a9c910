import { describe, expect, it } from 'vitest'
import { makeMeter } from './measuring.ts'

describe('measuring a deployment', () => {
  it('counts what ended, and as errors 5xx, what broke off and what was not answered', () => {
    const meter = makeMeter()
    const begun = (status: number, broken: boolean) => {
      const passing = meter.begin()
      passing.began(status, false)
      passing.ended(broken)
      passing.failed()
    }
    begun(200, false)
    begun(404, false)
    begun(503, false)
    begun(200, true)
    meter.begin().failed()
    expect(meter.read(false)).toMatchObject({ requests: 5, errors: 3 })
  })

  it('measures an answer until its end, a stream until it begins, and one that hangs as long as it has hung', () => {
    let now = 0
    const meter = makeMeter(() => now)
    const [answer, stream] = [meter.begin(), meter.begin(), meter.begin()]
    now = 10
    answer!.began(200, false)
    stream!.began(200, true)
    now = 30
    answer!.ended(false)
    now = 500
    stream!.ended(false)
    expect(meter.read(true)).toEqual({ requests: 3, errors: 0, latenciesMs: [10, 30, 500] })
    expect(meter.read(true)).toEqual({ requests: 1, errors: 0, latenciesMs: [500] })
  })

  it('keeps a uniform sample of bounded size', () => {
    let now = 0
    let seed = 1
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    const meter = makeMeter(() => now, random)
    for (let ms = 0; ms < 100_000; ms++) {
      const passing = meter.begin()
      now += ms
      passing.ended(false)
    }
    const { requests, latenciesMs } = meter.read(false)
    expect([requests, latenciesMs.length]).toEqual([100_000, 2_000])
    const mean = latenciesMs.reduce((sum, ms) => sum + ms, 0) / latenciesMs.length
    expect(Math.abs(mean - 50_000)).toBeLessThan(3_000)
    // In the order in which they came, so that a stall of many answers can be told from many slow ones.
    expect(latenciesMs).toEqual(latenciesMs.toSorted((a, b) => a - b))
  })
})
