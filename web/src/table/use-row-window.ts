import { useLayoutEffect, useMemo, useState, type RefObject } from 'react'
import { offsetsOf, windowOf } from './windowing.ts'

/** So few are all there. */
const few = 60
/** Of a row that was not seen yet, pixels. */
const guess = 36

/**
 * Which rows of a box that scrolls are to be rendered. Rows are as high as what is in them: each is measured when it is there, and until
 * then taken to be as high as the others.
 * @returns the first, the one after the last, and the pixels above and below them
 */
export function useRowWindow<T>(box: RefObject<HTMLElement | null>, rows: readonly T[], keyOf: (row: T) => string) {
  const [known, setKnown] = useState<ReadonlyMap<string, number>>(new Map())
  const isAll = rows.length <= few
  const offsets = useMemo(() => {
    const usual = known.size === 0 ? guess : [...known.values()].reduce((sum, height) => sum + height, 0) / known.size
    return offsetsOf(isAll ? [] : rows.map((row) => known.get(keyOf(row)) ?? usual))
  }, [rows, keyOf, isAll, known])
  const [seen, setSeen] = useState<readonly [number, number]>([0, few])
  useLayoutEffect(() => {
    const element = box.current
    if (isAll || element === null) return undefined
    const look = () => {
      const next = windowOf(offsets, element.scrollTop, element.clientHeight)
      setSeen((old) => (old[0] === next[0] && old[1] === next[1] ? old : next))
    }
    look()
    element.addEventListener('scroll', look, { passive: true })
    return () => element.removeEventListener('scroll', look)
  }, [box, offsets, isAll])
  useLayoutEffect(() => {
    const table = box.current?.querySelector('tbody')
    if (isAll || !table) return undefined
    const resized = new ResizeObserver(() => setKnown((before) => measured(table, before)))
    resized.observe(table)
    return () => resized.disconnect()
  }, [box, isAll])
  if (isAll) return { first: 0, last: rows.length, above: 0, below: 0 }
  const [first, last] = [Math.min(seen[0], rows.length - 1), Math.min(seen[1], rows.length)]
  return { first, last, above: offsets[first]!, below: offsets.at(-1)! - offsets[last]! }
}

/** The same where none is other than was known. */
function measured(table: HTMLElement, known: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const fresh = [...table.querySelectorAll<HTMLElement>('tr[data-key]')].flatMap((row) => {
    const key = row.dataset['key']!
    return known.get(key) === row.offsetHeight ? [] : [[key, row.offsetHeight] as const]
  })
  return fresh.length === 0 ? known : new Map([...known, ...fresh])
}
