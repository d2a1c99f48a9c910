import { describe, expect, it } from 'vitest'
import type { Deployed } from '../measures/environments.ts'
import type { Switched } from '../measures/gates.ts'
import type { Past } from '../measures/past.ts'
import { readChange } from './change.ts'
import { sweep, whatIf } from './views.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const order = ['test', 'staging', 'production']
const weeks = 20
const end = weeks * 7 * day

/** Two versions a day; staging takes ten minutes, production five where its gate is open, or else every Friday. */
function stream(isOpen: boolean): readonly Deployed[] {
  const rows = Array.from({ length: weeks * 14 }, (_, n) => {
    const at = n * (day / 2) + (n % 7) * minute
    const version = `v${n}`
    const friday = n % 14 === 9
    const staged = at + 10 * minute
    return [
      { environment: 'test', version, at },
      { environment: 'staging', version, at: staged },
      ...(isOpen || friday ? [{ environment: 'production', version, at: staged + (isOpen ? 5 * minute : 2 * hour) }] : []),
    ]
  })
  return rows.flat().toSorted((a, b) => a.at - b.at)
}

const gate = (open: boolean): Switched => ({ environment: 'production', way: 'into', at: 0, open, by: 'ann' })
function pastOf(streams: Readonly<Record<string, readonly [readonly Deployed[], readonly Switched[]]>>): Past {
  const told = (deployments: readonly Deployed[]) =>
    deployments.map((one, at) => ({ ...one, deployment: String(at), source: '/imports/shop' }))
  return {
    streams: new Map(Object.entries(streams).map(([name, [deployments]]) => [name, { stream: name, deployments: told(deployments) }])),
    order,
    heard: new Map([['/imports/shop', end]]),
    gates: new Map(Object.entries(streams).map(([name, [, gates]]) => [name, gates])),
  }
}
const past = pastOf({ shop: [stream(false), [gate(false)]], cart: [stream(true), [gate(true)]] })
const ask = (change: string, of = past, name = 'shop') => whatIf(of, name, { change, days: 91 }, 0)

describe('what if', () => {
  it('a gate were open: says what others do behind an open one, where the stream itself never had it open', () => {
    const { cannotSay, base, changed, difference, sentences } = ask('gate production open')
    expect(cannotSay).toBeNull()
    expect(base!.p50.value! / day).toBeGreaterThan(2)
    expect(changed!.p50.value! / minute).toBeCloseTo(15, 5)
    expect(changed!.withinDay.value).toBe(1)
    expect(difference!.p50.high).toBeLessThan(-day)
    expect(sentences[0]).toContain('half of the versions would arrive within 15 min 0 s')
  })

  it('a gate were closed: nobody gets through but on Fridays', () => {
    const { changed } = ask('gate production closed', past, 'cart')
    expect((changed!.p50.value ?? Number.POSITIVE_INFINITY) / day).toBeGreaterThan(2)
  })

  it('a stage were faster where a few versions hold most of the time: says that half of them gain, and not that nothing is gained', () => {
    // One of five waits for most of a day.
    const rows = Array.from({ length: weeks * 14 }, (_, n) => {
      const at = n * (day / 2)
      const staged = at + 10 * minute
      const version = `v${n}`
      return [
        { environment: 'test', version, at },
        { environment: 'staging', version, at: staged },
        { environment: 'production', version, at: staged + (n % 5 === 0 ? 11 * hour : 5 * minute) },
      ]
    })
    const all = pastOf({ till: [rows.flat().toSorted((a, b) => a.at - b.at), [gate(true)]] })
    const { sentences, base, changed } = ask('stage staging x0.5', all, 'till')
    expect(changed!.p50.value!).toBeLessThan(0.8 * base!.p50.value!)
    expect(sentences[1]).toMatch(/^Half of the versions gain by it; of all the time it saves little, 5 min 0 s of 2 h .* in the mean/)
    expect(ask('stage staging x2', all, 'till').sentences[1]).toMatch(/^It makes it slower: /)
  })

  it('a stage were faster that does not hold the line up: saves there, and nothing on the whole', () => {
    const { local, sentences, base, difference } = ask('stage staging x0.5')
    expect(local!.stageMs).toBe(5 * minute)
    expect(Math.abs(difference!.mean.value!)).toBeLessThan(0.05 * base!.mean.value!)
    expect(sentences).toContainEqual('It gains nothing on the whole: this is not where time is lost.')
    expect(sentences.at(-1)).toMatch(/^Local: saves 5 min 0 s in the stage, /)
  })

  it('nothing were otherwise: differs in nothing, for both met the same luck, and is the same again', () => {
    const told = ask('stage staging x1')
    expect(told.difference).toMatchObject({ p50: { value: 0, low: 0, high: 0 }, perWeek: { value: 0, low: 0, high: 0 } })
    expect(ask('stage staging x1')).toEqual(told)
  })

  it('a deployment took but one version: the rest of a batch waits for the next', () => {
    const { base, changed } = ask('batch max 1')
    expect(changed!.mean.value!).toBeGreaterThan(base!.mean.value!)
  })

  it('each stage and each gate, one after the other: all but one gain nothing', () => {
    const gains = sweep(past, 'shop', { days: 91 }, 0).rows.flatMap(({ change, base, difference }) =>
      base !== null && -difference!.mean.value! > 0.05 * base.mean.value! ? [change] : [],
    )
    expect(gains).toEqual(['gate production open'])
  })

  it.each([
    ['runners +2', 'by themselves'],
    ['stage test x0.5', 'before a version is first seen in test'],
    ['gate test open', 'what comes into test'],
    ['gate onwards from production closed', 'behind production'],
    ['wip 3', 'come to a stop'],
  ])('"%s" cannot be said here', (change, why) => {
    expect(ask(change)).toMatchObject({ changed: null, cannotSay: expect.stringContaining(why) })
  })

  it('nothing were otherwise: may be as a quarter of others was, who closed a gate for a while', () => {
    const gates = [gate(true), { ...gate(false), at: end - 40 * day }, { ...gate(true), at: end - 19 * day }]
    const closed = (at: number) => at > gates[1]!.at && at < gates[2]!.at
    const deployments = stream(true).filter(({ environment, at }) => environment !== 'production' || !closed(at))
    const quiet = ask('stage staging x1', pastOf({ shop: [stream(true), [gate(true)]], cart: [stream(true), [gate(true)]] }))
    const lively = ask('stage staging x1', pastOf({ shop: [stream(true), [gate(true)]], cart: [deployments, gates] }))
    expect(quiet.base!.withinDay.low).toBe(1)
    expect(lively.base!.withinDay.low).toBeLessThan(0.9)
    expect(lively.base!.withinDay.high).toBe(1)
    // While its own gate is closed, what comes of that is its own affair.
    const shut = (cart: Parameters<typeof pastOf>[0][string]) => ask('batch max 9', pastOf({ shop: [stream(false), [gate(false)]], cart }))
    expect(shut([stream(true), gates]).base).toEqual(shut([stream(true), [gate(true)]]).base)
  })

  it('a gate were open: another may be closed for a while meanwhile, as others close theirs', () => {
    const staging = (open: boolean, ago: number): Switched => ({ ...gate(open), environment: 'staging', at: end - ago * day })
    const gates = [gate(true), staging(true, weeks * 7), staging(false, 40), staging(true, 19)].toSorted((a, b) => a.at - b.at)
    const closed = (at: number) => at > end - 40 * day && at < end - 19 * day
    const deployments = stream(true).filter(({ environment, at }) => environment === 'test' || !closed(at))
    const open = (cart: Parameters<typeof pastOf>[0][string]) =>
      ask('gate production open', pastOf({ shop: [stream(false), [gate(false)]], cart }))
    expect(open([stream(true), [gate(true)]]).changed!.withinDay.low).toBe(1)
    expect(open([deployments, gates]).changed!.withinDay.low).toBeLessThan(0.9)
    expect(open([deployments, gates]).changed!.withinDay.high).toBe(1)
  })

  it('nothing were otherwise: may be slower or faster by as much as from one quarter to the next', () => {
    const late = stream(true).map((one) =>
      one.environment !== 'test' && one.at > end - 91 * day
        ? { ...one, at: one.at + (one.environment === 'staging' ? 10 : 15) * minute }
        : one,
    )
    const { base } = ask('stage staging x1', pastOf({ shop: [late.toSorted((a, b) => a.at - b.at), [gate(true)]] }))
    expect(base!.p50.low! / minute).toBeLessThan(23)
    expect(base!.p50.high! / minute).toBeGreaterThan(45)
  })

  it('cannot be said of a gate that stood so nowhere, nor of a short history', () => {
    const alone = pastOf({ shop: [stream(true), [gate(true)]] })
    expect(ask('gate production closed', alone).cannotSay).toContain('neither here nor in another stream')
    const short = pastOf({ shop: [stream(true).filter(({ at }) => at > end - 15 * day), []] })
    expect(ask('batch max 1', short).cannotSay).toMatch(/^its history has \d weeks/)
  })

  it('is refused where it makes no sense', () => {
    expect(() => ask('gate moon open')).toThrow('"moon" is not on the way of shop')
    expect(() => ask('batch max 1', past, 'moon')).toThrow('nothing is known of deployments of "moon"')
    for (const text of [
      '',
      'stage staging',
      'stage staging x-1',
      'stage staging x1e9',
      'stage staging x101',
      'wip 0',
      'gate production ajar',
    ])
      expect(() => readChange(text)).toThrow('is no change that can be tried out')
  })
})
