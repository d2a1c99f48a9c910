import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attribute, type Estate } from './attribute.ts'
import { learn } from './blame.ts'
import { joined, type Failure } from './failures.ts'
import { defaultHazard, learnHazard, learnMany, seenAfter } from './hazard.ts'
import type { Placed } from './placed.ts'
import { learnSize } from './size.ts'

const minute = 60_000
const deployment = (minutes: number, stream: string, place: number, more: Partial<Placed> = {}): Placed => ({
  deployment: `${stream} v${place}${more.back === true ? ' again' : ''}`,
  stream,
  environment: 'production',
  at: minutes * minute,
  version: `v${place}`,
  place,
  batch: 1,
  back: false,
  undid: [],
  ...more,
})
const estate = (placed: readonly Placed[], more: Partial<Estate> = {}): Estate => ({
  placed: placed.toSorted((a, b) => a.at - b.at),
  byName: new Map(placed.map((one) => [one.deployment, one])),
  hazard: defaultHazard,
  ...more,
})
const incident = (minutes: number, more: Partial<Failure> = {}): Failure => ({
  kind: 'incident',
  id: 'INC-1',
  stream: 'shop',
  environment: 'production',
  began: minutes * minute,
  detected: minutes * minute,
  resolved: undefined,
  version: undefined,
  summary: undefined,
  among: undefined,
  told: undefined,
  ...more,
})
const first = (failure: Failure, of: Estate) => attribute(failure, of).causes[0]

describe('what an incident came of', () => {
  const two = [deployment(0, 'shop', 1), deployment(600, 'shop', 2), deployment(640, 'cart', 1)]

  it('is likeliest the latest deployment of the stream that it showed in, and not of all', () => {
    expect(first(incident(660), estate(two))).toMatchObject({ deployment: 'shop v2' })
    expect(first(incident(660), estate(two))!.reasons).toEqual(['deployed 60 min before it was seen', 'of the stream it showed in'])
    expect(first(incident(660, { stream: undefined }), estate(two))).toMatchObject({ deployment: 'cart v1' })
  })

  it('is the version that was named, and none that came after it', () => {
    const { causes } = attribute(incident(660, { version: 'v1' }), estate(two))
    const of = (name: string) => causes.find((one) => one.deployment === name)!
    expect(of('shop v1').reasons).toContain('its version was named')
    expect(of('shop v2').reasons).toContain('it came after the version that was named')
    expect(of('shop v1').probability).toBeGreaterThan(
      attribute(incident(660), estate(two)).causes.find((one) => one.deployment === 'shop v1')!.probability,
    )
  })

  it('is nothing that was deployed after it began, nor, likely, what no longer ran then', () => {
    expect(first(incident(660, { began: 590 * minute }), estate(two))).toMatchObject({ deployment: 'shop v1' })
    const back = deployment(650, 'shop', 1, { back: true })
    const undone = attribute(incident(660), estate([...two, back])).causes.find((one) => one.deployment === 'shop v2')!
    expect(undone.reasons).toContain('it no longer ran when it began')
    expect(undone.probability).toBeLessThan(0.1)
  })

  it('is one of a stream that goes with it, rather than of any other', () => {
    const coupled = () => new Map([['till', 10]])
    const of = estate([deployment(640, 'cart', 1), deployment(640, 'till', 1)], { coupled })
    expect(first(incident(660), of)).toMatchObject({ stream: 'till' })
  })

  it('may be none of them, the more so the longer ago they were', () => {
    const none = (minutes: number) => attribute(incident(minutes), estate([deployment(0, 'shop', 1)])).none
    expect(none(10)).toBeLessThan(0.1)
    expect(none(10 * 1440)).toBeGreaterThan(0.5)
    expect(attribute(incident(0), estate([]))).toEqual({ causes: [], none: 1 })
  })

  it('of many services that go back at once is none of them where nothing that they undid was new', () => {
    const names = ['shop', 'cart', 'till', 'stock']
    const all = names.map((name) => deployment(0, name, 1))
    const many = (minutes: number) =>
      incident(minutes, { kind: 'back', stream: undefined, began: 0, among: all.map((one) => one.deployment) })
    const none = [20, 300, 3 * 1440].map((minutes) => attribute(many(minutes), estate(all)).none)
    expect(none).toEqual(none.toSorted((a, b) => a - b))
    expect(none[0]).toBeLessThan(0.1)
    expect(none[2]).toBeGreaterThan(0.5)
    // One service that goes back has judged what ran.
    const one = incident(3 * 1440, { kind: 'back', began: 0, among: ['shop v1'] })
    expect(attribute(one, estate(all)).none).toBeCloseTo(0.1, 9)
  })

  it('is one that brought many versions rather than one that brought few, where such failed more often', () => {
    const large = deployment(640, 'cart', 1, { batch: 12 })
    const both = [deployment(640, 'shop', 1), large]
    const size = learnSize(
      [large, large, large],
      Array.from({ length: 99 }, (_, n) => (n < 9 ? large : both[0]!)),
    )
    const { causes } = attribute(incident(700, { stream: undefined }), estate(both, { size }))
    expect(causes[0]).toMatchObject({ stream: 'cart' })
    expect(causes[0]!.reasons).toContain('it brought 12 versions, and such fail more often')
    expect([1, 12].map(learnSize([], []))).toEqual([1, 1])
  })

  it('is told in probabilities that add up to 1, whatever was deployed', () => {
    const any = fc.array(fc.tuple(fc.nat(50_000), fc.constantFrom('shop', 'cart', 'till'), fc.nat(20)), { maxLength: 40 })
    const more = fc.record({
      stream: fc.option(fc.constantFrom('shop', 'gone'), { nil: undefined }),
      version: fc.option(fc.constant('v3'), { nil: undefined }),
    })
    fc.assert(
      fc.property(any, more, fc.nat(50_000), (lines, over, when) => {
        const placed = lines.map(([minutes, stream, place], index) => ({
          ...deployment(minutes, stream, place),
          deployment: String(index),
        }))
        const { causes, none } = attribute(incident(when, over), estate(placed))
        const all = causes.reduce((sum, { probability }) => sum + probability, none)
        expect(all).toBeCloseTo(1, 9)
        expect(causes.every(({ at, probability }) => at <= when * minute && probability > 0 && probability <= 1)).toBe(true)
      }),
    )
  })
})

describe('how many of the times that many services went back come of no deployment', () => {
  it('are more where many go back seldom, and never all', () => {
    expect(learnMany(0.1, 0, 0)).toBeCloseTo(0.3, 9)
    expect(learnMany(0.1, 2, 30)).toBeGreaterThan(learnMany(0.1, 20, 30))
    expect(learnMany(0.9, 0, 1000)).toBe(0.9)
  })
})

describe('how long faults take to be seen', () => {
  it('is assumed, and learnt where causes are known', () => {
    const learnt = learnHazard(Array.from({ length: 200 }, (_, n) => (240 + (n % 20)) * minute))
    expect(learnt.median / minute).toBeGreaterThan(200)
    expect(learnt.shape).toBeGreaterThan(defaultHazard.shape)
    expect(learnHazard([])).toBe(defaultHazard)
  })

  it('is a density: all of it lies somewhere', () => {
    let sum = 0
    for (let log = -6; log < 12; log += 0.001) {
      const ms = defaultHazard.median * Math.exp(log)
      if (ms > 30_000) sum += seenAfter(defaultHazard, ms) * ms * 0.001
    }
    expect(sum).toBeGreaterThan(0.95)
    expect(sum).toBeLessThanOrEqual(1)
  })
})

describe('an incident that is ended by going back', () => {
  const back = (minutes: number, more: Partial<Failure> = {}): Failure =>
    incident(minutes, { kind: 'back', id: 'back', began: 600 * minute, resolved: minutes * minute, among: ['shop v2'], ...more })
  const kindsOf = (failures: readonly Failure[]) => failures.map(({ kind }) => kind)

  it('is one failure, of what was undone, as long as the incident lasts', () => {
    const [one, ...others] = joined([incident(660, { resolved: 700 * minute })], [back(680)])
    expect(others).toEqual([])
    expect(one).toMatchObject({ kind: 'incident', among: ['shop v2'], detected: 660 * minute, resolved: 700 * minute })
    const { causes, none } = attribute(one!, estate([deployment(0, 'shop', 1), deployment(600, 'shop', 2)]))
    expect(causes).toMatchObject([{ deployment: 'shop v2', reasons: expect.arrayContaining(['it was undone']) }])
    expect(none).toBeLessThan(0.5)
  })

  it('was seen by whoever went back, when its ticket is written later', () => {
    expect(joined([incident(690, { resolved: 700 * minute })], [back(680)])).toMatchObject([
      { began: 680 * minute, detected: 680 * minute },
    ])
  })

  it.each([
    ['of another stream', incident(660, { stream: 'cart' }), back(680)],
    ['of many streams', incident(660), back(680, { stream: undefined })],
    ['over before it went back', incident(660, { resolved: 670 * minute }), back(680)],
    ['seen before what was undone ran', incident(590), back(680)],
    ['written long after it went back', incident(720), back(680)],
    ['of something else, as a person said', incident(660, { among: ['shop v1'], told: { by: 'ann', reason: 'logs' } }), back(680)],
  ])('is another one when it is %s', (_, one, other) => {
    expect(kindsOf(joined([one], [other]))).toEqual(['incident', 'back'])
  })

  it('is one failure however many steps it goes back', () => {
    const steps = [back(680), back(690, { id: 'further', among: ['shop v1'] })]
    expect(joined([incident(660, { resolved: 700 * minute })], steps)).toMatchObject([{ among: ['shop v2', 'shop v1'], wentBack: true }])
  })

  it('still says that services go back alone', () => {
    const of = estate([deployment(0, 'shop', 1), deployment(600, 'shop', 2)])
    const many = back(680, { stream: undefined, among: [] })
    const ofMany = (failures: readonly Failure[]) => learn(failures, of).otherCauseOfMany
    expect(ofMany([many, ...joined([incident(660, { resolved: 700 * minute })], [back(680)])])).toBe(ofMany([many, back(680)]))
  })

  it('keeps the word of a person who agrees', () => {
    const told = { by: 'ann', reason: 'logs' }
    expect(joined([incident(660, { among: ['shop v2'], told })], [back(680)])).toMatchObject([{ told, among: ['shop v2'] }])
  })
})
