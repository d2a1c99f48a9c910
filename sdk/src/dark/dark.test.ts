import { describe, expect, it } from 'vitest'
import type { Metadata } from '../evaluate/flag-set.ts'
import { darkStage, user } from '../testing/dark-stage.ts'
import { createDark } from './dark.ts'
import { quantileOf } from './sketch.ts'
import type { Rehearsal, Task } from './task.ts'

const never = (): Promise<never> => new Promise(() => undefined)

describe('the caller gets what control gives', () => {
  it('the same object, at once', () => {
    const answer = { hits: 3 }
    expect(darkStage().rehearse({ control: () => answer, candidate: never })).toBe(answer)
  })

  it('the same promise', async () => {
    const answer = Promise.resolve(7)
    expect(darkStage().rehearse({ control: () => answer, candidate: never })).toBe(answer)
    expect(await answer).toBe(7)
  })

  it('the same error, thrown or promised', async () => {
    const error = new Error('down')
    const { rehearse } = darkStage()
    const control = (): number => {
      throw error
    }
    expect(() => rehearse({ control, candidate: never })).toThrow(error)
    await expect(rehearse({ control: () => Promise.reject(error), candidate: never })).rejects.toBe(error)
  })

  it('also when the candidate throws, promises to fail, hangs, or answers nonsense', async () => {
    const { rehearse, time } = darkStage()
    const candidates = [
      () => {
        throw new Error('broken')
      },
      () => Promise.reject(new Error('broken')),
      never,
      () => Symbol('nonsense'),
      () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- that is the trap
        get then() {
          throw new Error('a trap')
        },
      }),
    ]
    for (const candidate of candidates) expect(rehearse({ control: () => 1, candidate })).toBe(1)
    await time.pass(10_000)
  })

  it('also when nothing can be said about the flag', () => {
    const dark = createDark({
      evaluate: () => {
        throw new Error('no flags')
      },
    })
    expect(dark('chat', user, { control: () => 1, candidate: never })).toBe(1)
  })

  it('without being awaited twice where that would ask twice', async () => {
    const { rehearse, result, seen } = darkStage()
    // oxlint-disable-next-line unicorn/no-thenable -- as query builders are
    const query = { then: (resolve: (value: number) => void) => (seen.push('asked'), resolve(1)) }
    expect(rehearse({ control: () => query, candidate: () => 1 })).toBe(query)
    expect(await result()).toMatchObject({ dropped: { unready: 1 } })
    expect(seen).toEqual([])
  })
})

describe('the candidate', () => {
  it('begins when control has settled and the caller has gone on', async () => {
    const { rehearse, time, seen } = darkStage()
    let settle = (): void => undefined
    const answer = rehearse({
      control: () => new Promise<void>((resolve) => (settle = resolve)),
      candidate: () => void seen.push('candidate'),
    }).then(() => seen.push('caller'))
    await time.pass(5_000)
    expect(seen).toEqual([])
    settle()
    await answer
    await time.pass(0)
    expect(seen).toEqual(['caller', 'candidate'])
  })

  it.each<[string, Metadata]>([
    ['off', { 'tw.state': 'off' }],
    ['on', { 'tw.state': 'on' }],
    ['killed', { 'tw.state': 'dark', 'tw.killed': true }],
    ['dark for nobody', { 'tw.state': 'dark', 'tw.dark.sample': 0 }],
    ['not one of ours', {}],
  ])('is left alone when the flag is %s', async (_, metadata) => {
    const { rehearse, result, seen } = darkStage({}, metadata)
    rehearse({ control: () => 1, candidate: () => seen.push('candidate') })
    expect(await result()).toBeUndefined()
    expect(seen).toEqual([])
  })

  it('is left alone when the flag was switched off in between', async () => {
    const { rehearse, stand, time, seen } = darkStage()
    rehearse({ control: () => 1, candidate: () => seen.push('candidate') })
    stand({ 'tw.state': 'dark', 'tw.killed': true })
    await time.pass(0)
    expect(seen).toEqual([])
  })

  it('is rehearsed for the same tenth of all units each time', async () => {
    const { dark, time } = darkStage({ perSecond: 1e6, concurrent: 1e6 }, { 'tw.state': 'dark', 'tw.dark.sample': 1_000 })
    const round = async (): Promise<readonly string[]> => {
      const rehearsed: string[] = []
      for (let n = 0; n < 5_000; n++)
        dark('chat', { targetingKey: `user-${n}` }, { control: () => 1, candidate: () => rehearsed.push(`user-${n}`) })
      await time.pass(1_000)
      return rehearsed
    }
    const first = await round()
    expect(first.length).toBeGreaterThan(400)
    expect(first.length).toBeLessThan(600)
    expect(await round()).toEqual(first)
  })

  it('is told when its time is up', async () => {
    const { rehearse, time, dark } = darkStage()
    let task: Task | undefined
    rehearse({ control: () => 1, candidate: (told) => ((task = told), never()), timeoutMs: 50 })
    await time.pass(49)
    expect(task!.signal.aborted).toBe(false)
    await time.pass(1)
    expect(task!.signal.aborted).toBe(true)
    expect(dark.take()).toMatchObject([{ candidate: { compared: 0, failed: 1 }, timeouts: 1 }])
  })
})

describe('what is found', () => {
  const differenceIn = async <R>(control: R, candidate: unknown, more: Partial<Rehearsal<R>> = {}) => {
    const { rehearse, result } = darkStage()
    rehearse({ control: () => control, candidate: () => candidate, ...more })
    return (await result())?.differences[0]?.[0]
  }

  it('is said without what the answers hold', async () => {
    const control = {
      items: [
        { id: 1, price: 10 },
        { id: 2, price: 20 },
      ],
      page: 1,
      secret: 'abc',
    }
    const candidate = {
      items: [
        { id: 1, price: 11 },
        { id: 2, price: '20' },
      ],
      more: true,
      secret: 'xyz',
    }
    expect(await differenceIn(control, candidate)).toBe('items[].price: number, other number; items[].price: number, string; page: missing')
  })

  it.each([
    [[1, 2], [1], 'answer: shorter list'],
    [1, '1', 'answer: number, string'],
    [null, {}, 'answer: null, map'],
    [new Date(0), new Date(1), 'answer: date, other date'],
    [Number.NaN, Number.NaN, undefined],
    [{ at: 1, n: [1] }, { at: 2, n: [1] }, 'at: number, other number'],
  ])('%j beside %j', async (control, candidate, difference) => expect(await differenceIn(control, candidate)).toBe(difference))

  it('leaves out what does not count', async () => {
    expect(await differenceIn({ at: 1, n: { at: 2 } }, { at: 3, n: { at: 4 } }, { ignore: ['at'] })).toBeUndefined()
    expect(await differenceIn([2, 1], [1, 2], { normalize: (list) => list.toSorted() })).toBeUndefined()
    expect(
      await differenceIn('ANN', 'ann', { compare: (one, other) => String(one).toLowerCase() === String(other).toLowerCase() }),
    ).toBeUndefined()
  })

  it('does not go down for ever', async () => {
    type Loop = { self?: Loop }
    const [one, other]: Loop[] = [{}, {}]
    one!.self = one!
    other!.self = other!
    expect(await differenceIn(one, other)).toMatch(/too large to compare$/)
  })

  it('two that throw the same are the same', async () => {
    const { rehearse, result } = darkStage()
    const throws = (error: Error) => () => Promise.reject(error)
    await rehearse({ control: throws(new RangeError('a')), candidate: throws(new RangeError('b')) }).catch(() => undefined)
    await rehearse({ control: throws(new RangeError('a')), candidate: throws(new TypeError('b')) }).catch(() => undefined)
    expect(await result()).toMatchObject({
      candidate: { compared: 2, different: 1 },
      differences: [['answer: throws RangeError, TypeError', 1, 0]],
    })
  })

  it('also when the name of what is thrown is no text', async () => {
    const { rehearse, result } = darkStage()
    const throws = (name: unknown) => () => Promise.reject(Object.assign(new Error('gone'), { name }))
    for (const name of [404, Symbol('gone')]) await rehearse({ control: throws(404), candidate: throws(name) }).catch(() => undefined)
    expect(await result()).toMatchObject({
      candidate: { compared: 2, different: 1 },
      differences: [['answer: throws 404, Symbol(gone)', 1, 0]],
    })
  })

  it('is held against what differs without any change', async () => {
    const { rehearse, result, draw } = darkStage()
    let n = 0
    draw(0.05)
    rehearse({ control: () => ({ n: n++ }), candidate: () => ({ n: 0 }), noise: 0.1 })
    await result()
    rehearse({ control: () => ({ n: n++ }), candidate: () => ({ n: 0 }), noise: 0.1 })
    draw(0.5)
    expect(await result()).toMatchObject({ candidate: { compared: 1, different: 1 }, noise: { compared: 0 } })
    expect(n).toBe(3)
  })

  it('is taken once, with how long each took', async () => {
    const { rehearse, time, dark } = darkStage()
    rehearse({ control: () => 1, candidate: () => new Promise((resolve) => time.after(80, () => resolve(1))) })
    await time.pass(80)
    const [taken, ...more] = dark.take()
    expect(taken).toMatchObject({ flag: 'chat', revision: 4, candidate: { compared: 1, different: 0, failed: 0 } })
    expect(quantileOf(taken!.latency.candidate, 0.99)! / 80).toBeCloseTo(1, 1)
    expect(more).toEqual([])
    expect(dark.take()).toEqual([])
  })

  it('is bounded, whatever differs', async () => {
    const { rehearse, dark, time } = darkStage({ perSecond: 1e6, concurrent: 1e6 })
    for (let n = 0; n < 500; n++) rehearse({ control: () => ({}), candidate: () => ({ [`member-${n}`]: 1 }) })
    await time.pass(0)
    const { differences } = dark.take()[0]!
    expect([differences.length, differences.find(([name]) => name === 'other')?.[1]]).toEqual([21, 480])
  })
})
