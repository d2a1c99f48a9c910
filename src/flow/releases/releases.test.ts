import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trunkChanges } from '../lineage/changes.ts'
import { Repository } from '../lineage/repository.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import { namedBy } from './named.ts'
import { Releases, type Release, type Revision } from './releases.ts'
import { dark, killed, life, off, on, ramp } from './testing.ts'

const hour = 3_600_000
const inHours = ({ first, whole, withdrawn }: Release) => [
  first && first / hour,
  whole && whole / hour,
  withdrawn.map(({ since, until, killed }) => [since / hour, until && until / hour, killed]),
]
/** Of what came to production at ten. */
const released = (stands: Parameters<typeof life>[1], asOf = 100, arrived: number | undefined = 10) =>
  inHours(new Releases(life('new', stands)).of(['new'], 'production', arrived * hour, asOf * hour))

describe('when a change behind a flag is released', () => {
  it('is when its flag first gives somebody something new, and to all when everybody gets it', () => {
    expect(
      released([
        [1, off],
        [5, dark],
        [20, ramp(5)],
        [30, ramp(50)],
        [40, on],
      ]),
    ).toEqual([20, 40, []])
    expect(
      released([
        [1, off],
        [20, on],
      ]),
    ).toEqual([20, 20, []])
  })

  it('is its deployment where the flag was on before, if it still is', () => {
    expect(released([[1, on]])).toEqual([10, 10, []])
    expect(
      released([
        [1, on],
        [5, off],
        [20, on],
      ]),
    ).toEqual([20, 20, []])
    expect(new Releases().of([], 'production', 10 * hour, 100 * hour)).toMatchObject({ flags: [], first: 10 * hour, whole: 10 * hour })
  })

  it('is the first time, and what was taken back is told', () => {
    expect(
      released([
        [1, off],
        [20, on],
        [25, killed],
        [30, on],
        [40, off],
      ]),
    ).toEqual([
      20,
      20,
      [
        [25, 30, true],
        [40, undefined, false],
      ],
    ])
  })

  it('has not been while it is off or does not run, whatever is known later', () => {
    expect(released([[1, off]])).toEqual([undefined, undefined, []])
    expect(released([[20, on]], 19)).toEqual([undefined, undefined, []])
    expect(released([[1, on]], 9)).toEqual([undefined, undefined, []])
    expect(new Releases(life('new', [[1, on]])).of(['new'], 'staging', hour, 100 * hour).first).toBeUndefined()
  })

  it('is the first of several flags, and to all with the last of them', () => {
    const both = new Releases([
      ...life('one', [
        [1, off],
        [20, on],
      ]),
      ...life('two', [
        [1, off],
        [30, on],
      ]),
    ])
    expect(inHours(both.of(['one', 'two'], 'production', 10 * hour, 100 * hour))).toEqual([20, 30, []])
  })

  it('waits for what its flag requires', () => {
    const revisions = [
      ...life('new', [[1, on]], { requires: [{ flag: 'chat', variant: 'on' }] }),
      ...life('chat', [
        [1, off],
        [20, ramp(5)],
        [30, on],
        [40, killed],
      ]),
    ]
    expect(inHours(new Releases(revisions).of(['new'], 'production', 10 * hour, 100 * hour))).toEqual([20, 30, [[40, undefined, false]]])
  })

  it('is the same in whatever order and however often it is told, and of an earlier moment as if nothing had been told later', () => {
    const stand = fc.constantFrom(off, dark, on, killed, ramp(0), ramp(5), ramp(100))
    const lives = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), stand), { minLength: 1, maxLength: 12 })
    const hours = fc.integer({ min: 0, max: 60 })
    fc.assert(
      fc.property(lives, lives, hours, hours, fc.nat(), (one, other, arrived, asOf, seed) => {
        const told = [...life('new', one, { requires: [{ flag: 'chat', variant: 'on' }] }), ...life('chat', other)]
        const look = (revisions: readonly Revision[]) => new Releases(revisions).of(['new'], 'production', arrived * hour, asOf * hour)
        const shuffled = told.toSorted((a, b) => ((a.at + a.revision * seed) % 7) - ((b.at + b.revision * seed) % 7))
        const seen = look(told)
        expect(look([...shuffled, ...told.slice(seed % told.length)])).toEqual(seen)
        expect(look(told.filter(({ at }) => at <= asOf * hour))).toEqual(seen)
        if (seen.first !== undefined) expect(seen.first).toBeGreaterThanOrEqual(arrived * hour)
        expect(seen.whole ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(seen.first ?? Number.POSITIVE_INFINITY)
      }),
    )
  })
})

const sha = (n: number) => (n + 1).toString(16).padStart(8, '0').repeat(5)

function lineageOf(name = 'acme/shop', stream = 'shop'): StreamLineage {
  const repository = new Repository(name)
  const commit = (n: number, parents: readonly number[], subject: string) =>
    repository.addCommits([{ sha: sha(n), parents: parents.map(sha), authored: n, committed: n, subject }])
  commit(0, [], 'first')
  commit(1, [0], 'beside')
  commit(2, [0, 1], 'Merge pull request #7 from beside')
  commit(3, [2], 'squashed (#8)')
  const changes = trunkChanges(repository.graph, repository.graph.find(sha(3))!)
  const source = { repository: name, paths: [], byName: true }
  return { stream, source, repository, environments: new Map(), way: [], changes: () => changes, owns: () => true }
}

describe('which change a flag hides', () => {
  const lineage = lineageOf()
  const hidden = (change: string, service: string | null = 'shop', of = lineage) =>
    [...new Releases(life('new', [[1, on]], { change, service })).hiding(of, 2 * hour).keys()].map((commit) =>
      of.repository.graph.subject(commit),
    )
  const merge = 'Merge pull request #7 from beside'

  it.each([
    [sha(1), [merge]],
    [sha(3).slice(0, 9).toUpperCase(), ['squashed (#8)']],
    ['#7', [merge]],
    ['!8', ['squashed (#8)']],
    [`acme/shop@${sha(2)}`, [merge]],
    ['Acme/Shop#8', ['squashed (#8)']],
    ['https://github.com/acme/shop/pull/7', [merge]],
    ['https://gitlab.example/acme/shop/-/merge_requests/8/diffs', ['squashed (#8)']],
    [`https://github.com/acme/shop/commit/${sha(1)}`, [merge]],
    ['acme/cart#7', []],
    ['#9', []],
    ['the new one', []],
    ['#7 and #8', []],
    [sha(1).slice(0, 6), []],
  ])('%s', (change, expected) => {
    expect(hidden(change)).toEqual(expected)
  })

  it('takes a number by itself only of a flag that says whose it is, and hides nothing in another stream', () => {
    expect(hidden('#7', null)).toEqual([])
    expect(hidden('acme/shop#7', null)).toEqual([merge])
    expect(hidden('acme/shop#7', 'cart')).toEqual([])
    expect(hidden(sha(1), null, lineageOf('acme/estate', 'cart'))).toEqual([merge])
  })

  it('is what the flag says as of then, and a flag of a service alone hides none', () => {
    const told = [
      ...life('new', [[1, on]], { service: 'shop' }),
      { ...life('new', [[5, on]], { service: 'shop', change: '#7' })[0]!, revision: 2 },
    ]
    const releases = new Releases(told)
    expect(releases.hiding(lineage, 4 * hour).size).toBe(0)
    expect(releases.concern([lineage], 4 * hour)).toBe(false)
    expect(releases.hiding(lineage, 5 * hour).size).toBe(1)
  })

  it('says which flags of the stream name a change that nobody finds', () => {
    const releases = new Releases([
      ...life('typo', [[1, on]], { service: 'shop', change: '#70' }),
      ...life('else', [[1, on]], { change: 'deadbeef' }),
    ])
    expect(releases.lost('shop', [lineage], 2 * hour)).toEqual(['typo'])
    // What came to the trunk later was not there: it is merged three seconds after the beginning.
    const early = new Releases(life('early', [[0, on]], { service: 'shop', change: '#8' }))
    expect([2000, 3000].map((asOf) => early.lost('shop', [lineage], asOf))).toEqual([['early'], []])
    expect(releases.concern([lineage], 2 * hour)).toBe(true)
  })

  it('reads no address that is none', () => {
    expect(namedBy('https://github.com/acme/shop/issues/7')).toBeUndefined()
    expect(namedBy('')).toBeUndefined()
  })
})
