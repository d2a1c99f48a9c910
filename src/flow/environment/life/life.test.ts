import { describe, expect, it } from 'vitest'
import { dueOf, graceMsMax, type Life } from './policy.ts'
import type { Rest } from './rest.port.ts'

const now = Date.UTC(2026, 10, 26)
const at = (ms: number) => new Date(now + ms).toISOString()
const life = (change: Partial<Life> = {}): Life => ({ until: null, warnedOf: null, asleep: null, ...change })
const settings = { provider: 'process', environment: {}, parity: [], seed: {} } as const
const rest = (change: Partial<Rest> = {}): Rest => ({
  asleep: undefined,
  idleMs: 600_000,
  settings,
  reserved: { memoryBytes: 0, cpus: 0 },
  ...change,
})
const sleepy = { ...settings, sleep: { afterMs: 60_000 } }

describe('how long an environment lives', () => {
  it('is told once before the end, and then it is destroyed', () => {
    const until = at(graceMsMax)
    expect(dueOf(life({ until: at(graceMsMax + 1) }), rest(), false, now)).toEqual({ kind: 'nothing' })
    expect(dueOf(life({ until }), rest(), false, now)).toEqual({ kind: 'warn', until })
    expect(dueOf(life({ until, warnedOf: until }), rest(), false, now)).toEqual({ kind: 'nothing' })
    expect(dueOf(life({ until, warnedOf: until }), rest(), false, now + graceMsMax)).toEqual({ kind: 'down' })
  })

  it('is told again after it was extended', () => {
    expect(dueOf(life({ until: at(60_000), warnedOf: at(0) }), rest(), false, now)).toMatchObject({ kind: 'warn' })
  })

  it('has no end where a stage owns it', () => {
    expect(dueOf(life({ until: at(-1) }), rest(), true, now)).toEqual({ kind: 'nothing' })
  })
})

describe('when an environment sleeps', () => {
  it('is when nobody asked anything of it for as long as its definition says', () => {
    expect(dueOf(undefined, rest({ settings: sleepy }), false, now)).toEqual({ kind: 'sleep' })
    expect(dueOf(undefined, rest({ settings: sleepy, idleMs: 59_999 }), false, now)).toEqual({ kind: 'nothing' })
    expect(dueOf(undefined, rest({ settings: sleepy, idleMs: undefined }), false, now)).toEqual({ kind: 'nothing' })
    expect(dueOf(undefined, rest(), false, now)).toEqual({ kind: 'nothing' })
  })

  it('is never where a stage owns it, unless its own entry says so', () => {
    expect(dueOf(undefined, rest({ settings: sleepy }), true, now)).toEqual({ kind: 'nothing' })
    const asked = { ...settings, sleep: { afterMs: 60_000, stage: true } } as const
    expect(dueOf(undefined, rest({ settings: asked }), true, now)).toEqual({ kind: 'sleep' })
  })

  it('is told when it woke by itself', () => {
    expect(dueOf(life({ asleep: true }), rest(), false, now)).toEqual({ kind: 'told-awake' })
    expect(dueOf(life({ asleep: true }), rest({ asleep: at(0) }), false, now)).toEqual({ kind: 'nothing' })
  })
})
