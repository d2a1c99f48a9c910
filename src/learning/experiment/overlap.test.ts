import { describe, expect, it } from 'vitest'
import type { Metric } from './metric.ts'
import { judged, questionOf, type Running, type Shared } from './overlap.ts'

const ordered: Metric = { key: 'ordered', kind: { type: 'binary' }, role: 'decision', better: 'more', effect: 0.1, before: false }
const basket: Metric = { ...ordered, key: 'basket', kind: { type: 'ratio' } }
const running = (experiment: string, more: Partial<Running> = {}): Running => ({
  experiment,
  flag: experiment,
  environment: 'production',
  layer: null,
  arms: ['off', 'on'],
  metrics: [ordered],
  narrowestAt: 5_000,
  ...more,
})
const rate = (count: number, mean: number) => ({ count, mean, variance: mean * (1 - mean) })
const shared = (pair: Shared['pair'], ...cells: readonly (readonly (readonly [number, number])[])[]): Shared => ({
  pair,
  counts: cells.map((row) => row.map(([count]) => count)),
  cells: { [questionOf(ordered)]: cells.map((row) => row.map(([count, mean]) => rate(count, mean))) },
})
const pair = [running('a'), running('b')] as const

describe('two experiments at once', () => {
  it('cannot be told of while the arms of one do not have their sizes, and say nothing to the p of others', () => {
    const cells = [
      [
        [5_000, 0.2],
        [5_000, 0.25],
      ],
      [
        [5_000, 0.25],
        [5_000, 0.2],
      ],
    ] as const
    const wrong = running('wrong', { wrongSplit: 3.3e-18 })
    const [found, ...others] = judged([shared(pair, ...cells), shared([pair[0], wrong], ...cells), shared([wrong, pair[1]], ...cells)])
    expect(found).toEqual(judged([shared(pair, ...cells)])[0])
    expect(others).toMatchObject([
      {
        verdict: 'cannot say',
        metrics: [],
        because: expect.stringMatching(/the arms of wrong do not have the sizes asked for \(p = 3.3e-18\)/),
      },
      { verdict: 'cannot say', metrics: [] },
    ])
  })

  it('interact where what one does depends on the other, and belong into a layer then', () => {
    const [found] = judged([
      shared(
        pair,
        [
          [5_000, 0.2],
          [5_000, 0.25],
        ],
        [
          [5_000, 0.25],
          [5_000, 0.2],
        ],
      ),
    ])
    expect(found).toMatchObject({
      experiments: ['a', 'b'],
      units: 20_000,
      verdict: 'interact',
      because: expect.stringContaining('in one layer'),
      metrics: [{ metric: 'ordered', contrasts: [{ arms: ['on', 'on'], estimate: expect.closeTo(-0.1) }] }],
    })
    const [metric] = found!.metrics
    const [contrast] = 'contrasts' in metric! ? metric.contrasts : []
    expect(contrast!.high).toBeLessThan(0)
  })

  it('do not where their effects add up, whatever they are', () => {
    const [found] = judged([
      shared(
        pair,
        [
          [5_000, 0.2],
          [5_000, 0.3],
        ],
        [
          [5_000, 0.25],
          [5_000, 0.35],
        ],
      ),
    ])
    expect(found).toMatchObject({ verdict: 'nothing seen' })
  })

  it('are held against how many pairs there are', () => {
    const some = shared(
      pair,
      [
        [2_000, 0.2],
        [2_000, 0.23],
      ],
      [
        [2_000, 0.24],
        [2_000, 0.2],
      ],
    )
    const others = Array.from({ length: 30 }, (_, at) =>
      shared(
        [running(`c${at}`), running(`d${at}`)],
        [
          [2_000, 0.2],
          [2_000, 0.2],
        ],
        [
          [2_000, 0.2],
          [2_000, 0.2],
        ],
      ),
    )
    expect(judged([some])[0]!.verdict).toBe('interact')
    expect(judged([some, ...others])[0]!.verdict).toBe('nothing seen')
  })

  it('cannot be told apart where too few are in both, or no unit has a value of its own', () => {
    expect(
      judged([
        shared(
          pair,
          [
            [40, 0.2],
            [40, 0.2],
          ],
          [
            [40, 0.2],
            [40, 0.2],
          ],
        ),
      ])[0],
    ).toMatchObject({
      verdict: 'cannot say',
      because: 'an arm of one has 40 units in an arm of the other, and it takes 100',
    })
    const ratios = [running('a', { metrics: [basket] }), running('b', { metrics: [basket] })] as const
    expect(
      judged([
        {
          pair: ratios,
          counts: [
            [500, 500],
            [500, 500],
          ],
          cells: {},
        },
      ])[0],
    ).toMatchObject({
      units: 2_000,
      verdict: 'cannot say',
      because: expect.stringContaining('a ratio is no mean of units'),
    })
  })

  it('are not believed where the arm of one hangs on the arm of the other', () => {
    expect(
      judged([
        shared(
          pair,
          [
            [3_000, 0.2],
            [2_000, 0.2],
          ],
          [
            [2_000, 0.2],
            [3_000, 0.2],
          ],
        ),
      ])[0]!.verdict,
    ).toBe('not independent')
  })

  it('of one layer are kept apart', () => {
    const apart = [running('a', { layer: 'checkout' }), running('b', { layer: 'checkout' })] as const
    expect(
      judged([
        shared(
          apart,
          [
            [0, 0],
            [0, 0],
          ],
          [
            [0, 0],
            [0, 0],
          ],
        ),
      ])[0],
    ).toMatchObject({ verdict: 'kept apart' })
  })
})
