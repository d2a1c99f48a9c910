import { expect, it } from 'vitest'
import { makeRevisions } from './revisions.ts'
import type { EstateRow } from './schemas.ts'

const row = (stream: string, underWay = 0) => ({ stream, underWay }) as EstateRow

it('tells who knows an earlier answer only what changed since, and what is gone', () => {
  const revisions = makeRevisions('one')
  revisions.see([row('cart'), row('mail'), row('shop')])
  const first = revisions.since(undefined)
  expect([first.whole, first.rows.length]).toEqual([true, 3])
  revisions.see([row('cart'), row('mail'), row('shop')])
  expect(revisions.since(first.version)).toEqual({ version: first.version, whole: false, rows: [], gone: [] })
  revisions.see([row('cart'), row('shop', 1)])
  const second = revisions.since(first.version)
  expect(second).toMatchObject({ whole: false, rows: [JSON.stringify(row('shop', 1))], gone: ['mail'] })
  revisions.see([row('cart', 2), row('mail'), row('shop', 1)])
  expect(revisions.since(second.version)).toMatchObject({ rows: [JSON.stringify(row('cart', 2)), JSON.stringify(row('mail'))], gone: [] })
  expect(revisions.since(first.version).rows).toHaveLength(3)
})

it('tells everything to who comes with the version of another server, of a later one, or of none', () => {
  const revisions = makeRevisions('one')
  revisions.see([row('cart')])
  for (const version of ['two.1', 'one.9', 'one', 'one.x', '', undefined])
    expect(revisions.since(version)).toMatchObject({ whole: true, rows: [JSON.stringify(row('cart'))] })
})
