import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { instantOf } from '../../kernel/clock.ts'
import { event, ownEvent, type CloudEvent } from '../event.ts'
import { object, optional, text, integer } from '../../kernel/json-schema.ts'
import { first, last, max, min, projection, sum } from '../projection.ts'
import { rowsOf } from '../rows.ts'
import { openTestLedger, type TestLedger } from '../testing.ts'

const baked = ownEvent(
  'cake.baked',
  'A cake came out of the oven',
  object({ flavour: text('of what'), grams: integer('weight'), note: optional(text('free')) }),
)
const cakes = projection({
  table: 'cake',
  key: ['flavour'],
  columns: {
    lastId: last.text,
    firstId: first.text,
    heaviest: max.bigint,
    lightest: min.bigint,
    totalGrams: sum.bigint,
    detail: last.json,
  },
  indexes: [['lastId']],
}).on(baked, ({ id, content }) => [
  {
    flavour: content.flavour,
    lastId: id,
    firstId: id,
    heaviest: content.grams,
    lightest: content.grams,
    totalGrams: content.grams,
    detail: { someNote: content.note ?? null },
  },
])

let n = 0
const bake = (flavour: string, grams: number, id = `cake-${++n}`, ms = 1_700_000_000_000 + n): CloudEvent =>
  event(baked, { id, time: instantOf(ms), source: '/kitchen', subject: `oven/${flavour}` }, { flavour, grams })

describe('a ledger', () => {
  let test: TestLedger
  beforeAll(async () => {
    test = await openTestLedger({ projections: [cakes], ownTypes: [baked] })
  })
  afterAll(() => test.close())

  it('records events once, in order, without gaps', async () => {
    const { ledger } = test
    const [a, b] = [bake('plum', 500), bake('plum', 700)]
    expect(await ledger.append([a, b])).toEqual([
      { seq: 1, duplicate: false },
      { seq: 2, duplicate: false },
    ])
    expect(await ledger.append([b, bake('nut', 300), a])).toEqual([
      { seq: 2, duplicate: true },
      { seq: 3, duplicate: false },
      { seq: 1, duplicate: true },
    ])
    expect(await ledger.head()).toBe(3)
    expect((await ledger.read({ after: 1 })).map(({ seq }) => seq)).toEqual([2, 3])
    expect((await ledger.read({ subject: 'oven/plum', newestFirst: true, limit: 1 }))[0]!.event).toEqual(b)
  })

  it('shows what the events say in the projection', async () => {
    const row = await rowsOf(test.ledger.db, cakes).selectAll().where('flavour', '=', 'plum').executeTakeFirst()
    expect(row).toEqual({
      flavour: 'plum',
      lastId: 'cake-2',
      firstId: 'cake-1',
      heaviest: 700,
      lightest: 500,
      totalGrams: 1200,
      detail: { someNote: null },
    })
  })
})
