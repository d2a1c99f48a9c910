import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildsView } from './board.ts'
import { Builds, keyOf, type Run } from './builds.ts'
import { Columns } from './columns.ts'
import { BuildsQuery } from './schemas.ts'

const word = (...words: readonly string[]) => fc.option(fc.constantFrom(...words), { nil: undefined })
const time = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined })
/** As they are read: nothing is over before it began. */
const times = fc.record({ queued: time, started: time, finished: time }).map(({ queued, started, finished }) => ({
  queued,
  started: started === undefined ? undefined : 10 + started,
  finished: finished === undefined ? undefined : 20 + finished,
}))
const outcome = word('success', 'failure')
const attempt = fc.integer({ min: 1, max: 3 })
const job = fc.record({ outcome, attempt, name: fc.constantFrom('lint', 'tests'), stage: word('test') })
const head = fc.record({
  outcome,
  attempt,
  source: fc.constantFrom('/ci', '/other', '/threeways/pipeline'),
  run: fc.constantFrom('1', '2', '3', '4', '5', '6'),
  name: word('CI', 'nightly'),
  repository: word('acme/shop', 'acme/cart'),
  commit: word('a', 'b'),
  stream: word('shop', 'cart'),
  environment: word('test'),
  kind: word('delivery', 'rollback'),
})
const jobs = fc.array(
  fc.tuple(job, times).map(([one, at]) => ({ ...one, ...at })),
  { maxLength: 3 },
)
const run: fc.Arbitrary<Run> = fc.tuple(head, times, jobs).map(([one, at, own]) => ({ ...one, ...at, jobs: own }))
const runs = fc.uniqueArray(run, { maxLength: 12, selector: keyOf })

const sorted = (some: Iterable<Run>) => [...some].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
const query = BuildsQuery.parse({ since: new Date(5).toISOString(), until: new Date(30).toISOString(), asOf: new Date(35).toISOString() })

describe('builds', () => {
  it('say the same from columns, with what was told since, as from what is known now alone', () => {
    fc.assert(
      fc.property(runs, runs, (before, later) => {
        const columns = new Columns()
        for (const one of before) columns.add(one)
        const now = [...new Map([...before, ...later].map((one) => [keyOf(one), one])).values()]
        const [kept, plain] = [new Builds(later, columns), new Builds(now)]
        const same = (of: (builds: Builds) => unknown) => expect(of(kept)).toEqual(of(plain))
        same(sorted)
        expect(sorted(kept)).toEqual(sorted(now))
        same((builds) => builds.count)
        same((builds) => [...builds.repositories()].toSorted())
        same((builds) => builds.horizonOf(builds, 1000))
        for (const commit of ['a', 'b', 'c']) same((builds) => sorted(builds.of(commit, 'acme/shop')))
        for (const stream of ['shop', 'cart', 'moon']) {
          const of = (builds: Builds) => builds.ofStreams(new Set([stream]), new Set(['acme/cart']))
          same((builds) => sorted(of(builds)))
          same((builds) => of(builds).count)
          same((builds) => builds.horizonOf(of(builds), 1000))
          same((builds) =>
            buildsView(of(builds), query, 40)
              .rows.map((row) => JSON.stringify(row))
              .toSorted(),
          )
        }
      }),
    )
  })

  it('of a window leave out nothing of which a job was there then', () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }), (all, since, until) => {
        const columns = new Columns()
        for (const one of all) columns.add(one)
        const found = new Set([...new Builds([], columns).touching(since, until)].map(keyOf))
        const inside = (at: number | undefined) => at !== undefined && at >= since && at < until
        for (const one of all)
          if ([one, ...one.jobs].some(({ queued, started, finished }) => [queued, started, finished].some(inside)))
            expect(found).toContain(keyOf(one))
      }),
    )
  })
})
