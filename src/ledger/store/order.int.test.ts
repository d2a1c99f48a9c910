import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CloudEvent } from '../event.ts'
import { verifyProjections } from '../rebuild.ts'
import { rowsOf } from '../rows.ts'
import { openTestLedger, type TestLedger } from '../testing.ts'
import { cake, cakes, eaters, kitchen, meal } from './kitchen.fixture.ts'

let test: TestLedger
beforeAll(async () => {
  test = await openTestLedger(kitchen)
})
afterAll(() => test.close())

// Few times, so that many events share one and only their names decide; names on both sides of UTF-16's and UTF-8's quarrel.
const ms = fc.integer({ min: 0, max: 3 }).map((n) => 1_700_000_000_000 + n)
const names = fc.constantFrom('a', 'b', 'Z', 'ä', '\uffee', '\u{1f370}', 'aa')
const recipe = fc.record({
  kind: fc.constantFrom('cake', 'meal'),
  flavour: fc.constantFrom('plum', 'nut', '\u{1f352}'),
  grams: fc.integer({ min: -5, max: 5 }),
  note: fc.option(names, { nil: undefined }),
  by: fc.constantFrom('ada', 'bob'),
  ms,
  name: names,
})

type Recipe = typeof recipe extends fc.Arbitrary<infer T> ? T : never

/** A kitchen of its own per run and way, so that one database serves all of them. */
function eventsOf(recipes: readonly Recipe[], source: string): readonly CloudEvent[] {
  return recipes.map(({ kind, name, by, note, ...rest }, index) => {
    const common = { ...rest, source, id: `${name}${index}` }
    return kind === 'cake' ? cake({ ...common, ...(note === undefined ? {} : { note }) }) : meal({ ...common, by: `${source} ${by}` })
  })
}

async function rows(source: string): Promise<unknown> {
  const { db } = test.ledger
  const kept = await rowsOf(db, cakes).selectAll().where('kitchen', '=', source).orderBy('flavour').execute()
  const fed = await rowsOf(db, eaters).selectAll().where('name', 'like', `${source} %`).orderBy('name').execute()
  return JSON.parse(JSON.stringify([kept, fed]).replaceAll(source, ''))
}

let run = 0

describe('projections', () => {
  it('end the same whatever the order, the repetition and the company in which events arrive', async () => {
    const story = fc.array(recipe, { minLength: 1, maxLength: 12 }).chain((recipes) =>
      fc.record({
        recipes: fc.constant(recipes),
        // Every event at least once, some again, in any order.
        arrival: fc
          .array(fc.nat({ max: recipes.length - 1 }), { maxLength: 8 })
          .chain((again) =>
            fc.shuffledSubarray([...recipes.keys(), ...again.map((index) => index + recipes.length)], {
              minLength: recipes.length + again.length,
            }),
          )
          .map((order) => order.map((index) => index % recipes.length)),
        batches: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 20, maxLength: 20 }),
        atOnce: fc.boolean(),
      }),
    )
    await fc.assert(
      fc.asyncProperty(story, async ({ recipes, arrival, batches, atOnce }) => {
        const [plainly, otherwise] = [`/k${++run}/plainly-`, `/k${run}/otherwis-`]
        await test.ledger.append(eventsOf(recipes, plainly))
        const events = eventsOf(recipes, otherwise)
        const appends: Promise<unknown>[] = []
        for (let from = 0, n = 0; from < arrival.length; from += batches[n++ % batches.length]!) {
          const batch = arrival.slice(from, from + batches[n % batches.length]!).map((index) => events[index]!)
          appends.push(test.ledger.append(batch))
          if (!atOnce) await appends.at(-1)
        }
        await Promise.all(appends)
        expect(await rows(otherwise)).toEqual(await rows(plainly))
      }),
      { numRuns: 60 },
    )
    expect(await verifyProjections(test.ledger)).toEqual([])
  })
})
