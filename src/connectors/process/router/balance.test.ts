import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeBalance, type Backend } from './balance.ts'

const backend = (deployment: string, percent: number, instances = 1): Backend => ({
  deployment,
  percent,
  instances: Array.from({ length: instances }, (_, port) => ({ id: `${deployment}${port}`, port })),
})
const take = (balance: ReturnType<typeof makeBalance>, count: number) => Array.from({ length: count }, () => balance.next()!)
const countsOf = (deployments: readonly string[]) =>
  Object.fromEntries(Object.entries(Object.groupBy(deployments, (one) => one)).map(([name, all]) => [name, all!.length]))

/** Whole percents that add up to 100. */
const shares = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 5 })
  .map((cuts) => [0, ...cuts.toSorted((a, b) => a - b), 100])
  .map((cuts) => cuts.slice(1).map((cut, index) => backend(`d${index}`, cut - cuts[index]!)))

describe('dividing requests', () => {
  it('gives each deployment exactly its percents of any hundred in a row', () => {
    fc.assert(
      fc.property(shares, fc.integer({ min: 0, max: 300 }), (backends, before) => {
        const balance = makeBalance()
        balance.set(backends)
        take(balance, before)
        const counts = countsOf(take(balance, 100).map(({ deployment }) => deployment))
        expect(counts).toEqual(Object.fromEntries(backends.map(({ deployment, percent }) => [deployment, percent])))
      }),
    )
  })

  it('spreads a small share evenly, from the first request on', () => {
    const balance = makeBalance()
    balance.set([backend('old', 95), backend('canary', 5)])
    const places = take(balance, 200).flatMap(({ deployment }, index) => (deployment === 'canary' ? [index] : []))
    expect(places.map((place, index) => place - (places[index - 1] ?? place - 20))).toEqual(places.map(() => 20))
  })

  it('goes round the instances of a deployment, and keeps shares when one comes or goes', () => {
    const balance = makeBalance()
    balance.set([backend('old', 50, 3), backend('new', 50)])
    const olds = take(balance, 12).filter(({ deployment }) => deployment === 'old')
    expect(countsOf(olds.map(({ target }) => target.id))).toEqual({ old0: 2, old1: 2, old2: 2 })
    take(balance, 1)
    balance.set([backend('old', 50, 2), backend('new', 50)])
    expect(take(balance, 1)[0]!.deployment).toBe('new')
  })

  it('leaves out what has no share or nobody there, and answers nothing when all are so', () => {
    const balance = makeBalance()
    balance.set([backend('old', 90, 0), backend('new', 10), backend('none', 0)])
    expect(take(balance, 10).every(({ deployment }) => deployment === 'new')).toBe(true)
    expect(balance.at('old', 'old0')).toBeUndefined()
    expect(balance.at('none', 'none0')).toBeUndefined()
    balance.set([backend('old', 100, 0)])
    expect(balance.next()).toBeUndefined()
  })

  it('sends what failed to another instance: of the same deployment, else of another, else there again', () => {
    const balance = makeBalance()
    const failed = { deployment: 'new', target: { id: 'new0', port: 0 } }
    balance.set([backend('old', 50), backend('new', 50, 2)])
    expect(balance.instead(failed)?.target.id).toBe('new1')
    balance.set([backend('old', 50), backend('new', 50)])
    expect(balance.instead(failed)?.target.id).toBe('old0')
    balance.set([backend('new', 100)])
    expect(balance.instead(failed)?.target.id).toBe('new0')
  })
})
