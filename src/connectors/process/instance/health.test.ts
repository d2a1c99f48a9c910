import { describe, expect, it } from 'vitest'
import { judge, type Probing } from './health.ts'

const probing: Probing = {
  probe: { kind: 'http', path: '/healthz' },
  intervalMs: 1_000,
  timeoutMs: 500,
  retries: 3,
  startPeriodMs: 5_000,
}

describe('health, counted as Compose counts', () => {
  it('is ready after one success, also within the start period', () => {
    expect(judge(probing, 0).note(true, 10)).toBe('ready')
  })

  it('does not count failures within the start period', () => {
    const health = judge(probing, 0)
    for (let at = 0; at < 5_000; at += 50) expect(health.note(false, at)).toBe('starting')
  })

  it('counts no faster than the interval, however often we look', () => {
    const health = judge(probing, 0)
    const verdicts = Array.from({ length: 50 }, (_, index) => health.note(false, 5_000 + index * 50))
    expect(verdicts.indexOf('unhealthy') * 50).toBe(2_000)
  })

  it('needs so many failures in a row to turn from ready to unhealthy, and one success to turn back', () => {
    const health = judge(probing, 0)
    const series = [true, false, false, true, false, false, false, true].map((success, index) => health.note(success, index * 1_000))
    expect(series).toEqual(['ready', 'ready', 'ready', 'ready', 'ready', 'ready', 'unhealthy', 'ready'])
  })

  it('looks often while it starts, and at the interval from then on', () => {
    const health = judge(probing, 0)
    const waits = Array.from({ length: 20 }, () => health.waitMs())
    expect(waits[0]).toBeLessThan(20)
    expect(Math.max(...waits)).toBe(250)
    health.note(true, 100)
    expect(health.waitMs()).toBe(1_000)
  })
})
