import { describe, expect, it } from 'vitest'
import { clockAt } from '../../dev/build-fixtures.ts'
import { estateOf } from '../../dev/estate-fixture.ts'
import type { EstateRow } from '../api/types.ts'
import { countsOf, itemsOf, standingOf, type Choice } from './rows.ts'
import { offsetsOf, windowOf } from '../table/windowing.ts'

const clock = clockAt(1_000_000_000_000)
const rows = estateOf(clock, 40)
const choice: Choice = { words: '', standing: 'all', sort: 'name', group: 'none' }
const names = (list: readonly EstateRow[], change: Partial<Choice>) =>
  itemsOf(list, { ...choice, ...change }).map((item) => (item.kind === 'row' ? item.row.stream : `# ${item.name} ${item.count}`))

describe('the order of an estate', () => {
  it('puts what is stopped first, then what waits for people, the longest wait before', () => {
    const standings = itemsOf(rows, { ...choice, sort: 'attention' }).map((item) => (item.kind === 'row' ? item.standing : ''))
    expect([...new Set(standings)]).toEqual(['stopped', 'attention', 'waiting', 'failing', 'moving', 'quiet'])
    const waits = itemsOf(rows, { ...choice, sort: 'attention', standing: 'waiting' }).map(
      (item) => item.kind === 'row' && item.row.waits[0]!.since,
    )
    expect(waits).toEqual(waits.toSorted())
  })

  it('counts everything once', () => {
    expect([...countsOf(rows).values()].reduce((a, b) => a + b, 0)).toBe(rows.length)
  })

  it('groups by standing with how many there are, and loses none', () => {
    const grouped = names(rows, { group: 'standing' })
    expect(grouped.filter((name) => !name.startsWith('#')).toSorted()).toEqual(names(rows, {}).toSorted())
    expect(grouped[0]).toMatch(/^# stopped \d+$/)
  })

  it('filters by every word, over names, changes, reasons', () => {
    const { stream, stops } = rows.find(({ stops }) => stops.length > 0)!
    expect(names(rows, { words: `${stops[0]!.reason.split(' ')[0]!.toUpperCase()} ${stream}` })).toContain(stream)
    expect(names(rows, { words: 'nothing is called this' })).toEqual([])
  })

  it('calls a stopped line stopped whatever else is true of it', () => {
    const quiet = rows.find((row) => standingOf(row) === 'quiet')!
    const stopped = rows.find((row) => standingOf(row) === 'stopped')!
    expect(standingOf({ ...quiet, stops: stopped.stops, underWay: 3 })).toBe('stopped')
  })
})

describe('which rows are rendered', () => {
  const offsets = offsetsOf(Array.from({ length: 500 }, () => 60))
  it('are those on the screen and a few more, in steps', () => {
    expect(windowOf(offsets, 0, 900)).toEqual([0, 24])
    const [first, last] = windowOf(offsets, 12_000, 900)
    expect([first % 4, first <= 200 - 8, last >= 215, last - first < 40]).toEqual([0, true, true, true])
    expect(windowOf(offsets, 1e9, 900)[1]).toBe(500)
    expect(windowOf(offsetsOf([]), 0, 900)).toEqual([0, 0])
  })
})
