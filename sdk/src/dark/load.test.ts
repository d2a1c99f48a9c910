import { describe, expect, it } from 'vitest'
import { createEvaluator } from '../evaluate/evaluator.ts'
import type { Metadata } from '../evaluate/flag-set.ts'
import { makeFakeTime } from '../testing/fake-time.ts'
import { darkLoad } from './load.ts'

const setOf = (metadata: Metadata) => ({
  flags: { chat: { state: 'ENABLED' as const, variants: { on: true, off: false }, defaultVariant: 'off', metadata } },
})
const dark = { 'tw.state': 'dark', 'tw.dark.load': 20, 'tw.dark.clients': 40 }

/** Numbers that look random and are the same each time. */
function drawing(): () => number {
  let state = 42
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

function clients(count: number, metadata: Metadata, play: () => unknown = () => undefined, mayPlay = () => true) {
  const time = makeFakeTime()
  const flags = createEvaluator(setOf(metadata))
  const listeners = new Set<() => void>()
  const onChange = (changed: () => void) => {
    listeners.add(changed)
    return () => void listeners.delete(changed)
  }
  const random = drawing()
  const loads = Array.from({ length: count }, () =>
    darkLoad('chat', play, { evaluate: (flag) => flags.evaluate(flag), onChange, time, random, mayPlay }),
  )
  return {
    time,
    loads,
    listeners,
    update: (next: Metadata) => flags.update(setOf(next)),
    stand(next: Metadata) {
      flags.update(setOf(next))
      for (const changed of listeners) changed()
    },
    sum: (what: 'played' | 'failed') => loads.reduce((sum, load) => sum + load.counts()[what], 0),
  }
}

describe('clients play a dark feature', () => {
  it('so often together as the server says', async () => {
    const { time, sum } = clients(40, dark)
    await time.pass(60_000)
    expect(sum('played') / (20 * 60)).toBeGreaterThan(0.9)
    expect(sum('played') / (20 * 60)).toBeLessThan(1.1)
  })

  it('until it is switched off, and again when it is dark again', async () => {
    const { time, sum, stand } = clients(40, dark)
    await time.pass(5_000)
    stand({ ...dark, 'tw.killed': true })
    const before = sum('played')
    await time.pass(60_000)
    expect(sum('played')).toBe(before)
    stand(dark)
    await time.pass(5_000)
    expect(sum('played')).toBeGreaterThan(before)
  })

  it('not once more where nobody told them that the flag is no longer dark', async () => {
    const { time, sum, update } = clients(40, dark)
    await time.pass(5_000)
    update({ ...dark, 'tw.state': 'on' })
    const before = sum('played')
    await time.pass(60_000)
    expect(sum('played')).toBe(before)
  })

  it('whatever comes of it', async () => {
    const { time, sum } = clients(40, dark, () => Promise.reject(new Error('broken')))
    await time.pass(10_000)
    expect(sum('failed')).toBe(sum('played'))
    expect(sum('played')).toBeGreaterThan(100)
  })

  it('one at a time, and not for longer than ten seconds', async () => {
    const { time, sum, loads } = clients(1, { ...dark, 'tw.dark.clients': 20 }, () => new Promise(() => undefined))
    await time.pass(61_000)
    expect(sum('played')).toBeLessThanOrEqual(7)
    expect(sum('failed')).toBeGreaterThan(3)
    expect(loads[0]!.counts().skipped).toBeGreaterThan(30)
  })

  it('as evenly when one play takes half of the time to the next', async () => {
    const { time, sum, loads } = clients(40, dark, () => new Promise((resolve) => time.after(1_000, () => resolve(undefined))))
    await time.pass(60_000)
    const skipped = loads.reduce((all, load) => all + load.counts().skipped, 0)
    expect((sum('played') + skipped) / (20 * 60)).toBeGreaterThan(0.9)
    expect((sum('played') + skipped) / (20 * 60)).toBeLessThan(1.1)
  })

  it('not while it cannot be asked whether they may', async () => {
    const mayPlay = () => {
      throw new Error('no such page')
    }
    const { time, loads } = clients(1, { ...dark, 'tw.dark.clients': 20 }, undefined, mayPlay)
    await time.pass(30_000)
    expect(loads[0]!.counts()).toMatchObject({ played: 0, failed: 0 })
    expect(loads[0]!.counts().skipped).toBeGreaterThan(10)
  })

  it.each<[string, Metadata]>([
    ['the flag is not dark', { ...dark, 'tw.state': 'ramp' }],
    ['nobody said how often', { 'tw.state': 'dark' }],
    ['how often is no number', { ...dark, 'tw.dark.load': Infinity }],
  ])('not when %s', async (_, metadata) => {
    const { time, sum } = clients(3, metadata)
    await time.pass(60_000)
    expect(sum('played')).toBe(0)
  })

  it('no more once it is stopped, and leave nothing behind', async () => {
    const { time, loads, listeners, sum } = clients(3, dark)
    for (const load of loads) load.stop()
    await time.pass(60_000)
    expect([sum('played'), listeners.size]).toEqual([0, 0])
  })
})
