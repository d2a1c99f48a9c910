import { instantOf } from '../../kernel/clock.ts'
import { integer, object, optional, text } from '../../kernel/json-schema.ts'
import { event, ownEvent, type CloudEvent } from '../event.ts'
import { first, last, max, min, projection, sum } from '../projection.ts'

/** A domain of the tests' own, with every kind of column. */
export const baked = ownEvent(
  'cake.baked',
  'A cake came out of the oven',
  object({ flavour: text('of what'), grams: integer('weight'), note: optional(text('free')) }),
)
export const eaten = ownEvent('cake.eaten', 'A cake is no more', object({ flavour: text('of what'), by: text('whom') }))

export const cakes = projection({
  table: 'cake',
  key: ['kitchen', 'flavour'],
  columns: {
    lastId: last.text,
    firstId: first.text,
    heaviest: max.bigint,
    lightest: min.bigint,
    totalGrams: sum.bigint,
    lastDetail: last.json,
    firstGrams: first.bigint,
    eaten: last.boolean,
    lowestNote: min.text,
    highestNote: max.text,
  },
  indexes: [['lastId']],
})
  .on(baked, ({ id, source, content: { flavour, grams, note } }) => [
    {
      kitchen: source,
      flavour,
      lastId: id,
      firstId: id,
      heaviest: grams,
      lightest: grams,
      totalGrams: grams,
      lastDetail: { someNote: note ?? null },
      firstGrams: grams,
      eaten: false,
      ...(note === undefined ? {} : { lowestNote: note, highestNote: note }),
    },
  ])
  .on(eaten, ({ source, content: { flavour, by } }) => [{ kitchen: source, flavour, eaten: true, lastDetail: { by } }])

/** One row for each that ate, and a total: an event that speaks of several rows. */
export const eaters = projection({ table: 'eater', key: ['name'], columns: { meals: sum.bigint, since: first.text } }).on(
  eaten,
  ({ time, content: { by } }) => [
    { name: by, meals: 1, since: time },
    { name: 'everybody', meals: 1, since: time },
  ],
)

export const kitchen = { projections: [cakes, eaters], ownTypes: [baked, eaten] }

type Cake = {
  readonly id: string
  readonly flavour?: string
  readonly grams?: number
  readonly note?: string
  readonly ms?: number
  readonly source?: string
}

export function cake({ id, flavour = 'plum', grams = 500, note, ms = 1_700_000_000_000, source = '/kitchen' }: Cake): CloudEvent {
  const content = { flavour, grams, ...(note === undefined ? {} : { note }) }
  return event(baked, { id, time: instantOf(ms), source, subject: `oven/${flavour}`, chainId: `party/${flavour}` }, content)
}

export function meal({
  id,
  flavour = 'plum',
  ms = 1_700_000_000_000,
  source = '/kitchen',
  by = 'ada',
}: Cake & { readonly by?: string }): CloudEvent {
  return event(eaten, { id, time: instantOf(ms), source, subject: `oven/${flavour}` }, { flavour, by })
}
