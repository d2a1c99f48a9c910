import { useLayoutEffect, useRef, useState, type RefObject } from 'react'
import { lineAtRow } from '../log/windowing.ts'

/** Items rendered beyond each edge of the screen. */
const beyond = 8
/** The window moves by so many items at a time: most frames of a scroll render nothing. */
const step = 4

/** Where each item begins, in pixels, with the total at the end. */
export function offsetsOf(heights: readonly number[]): Float64Array {
  const offsets = new Float64Array(heights.length + 1)
  for (let index = 0; index < heights.length; index++) offsets[index + 1] = offsets[index]! + heights[index]!
  return offsets
}

/** Which items to render for what is seen. @returns first, and the one after the last */
export function windowOf(offsets: Float64Array, top: number, height: number): readonly [number, number] {
  const count = offsets.length - 1
  if (count === 0) return [0, 0]
  const first = Math.floor(Math.max(0, lineAtRow(offsets, top) - beyond) / step) * step
  const last = Math.ceil((lineAtRow(offsets, top + height) + 1 + beyond) / step) * step
  return [first, Math.min(count, last)]
}

/** Follows the page's scroll; renders only when other items are to be seen. The list's place is read when the layout changes, not while scrolling. */
export function useWindow(list: RefObject<HTMLElement | null>, offsets: Float64Array): readonly [number, number] {
  const [seen, setSeen] = useState<readonly [number, number]>(() => windowOf(offsets, 0, innerHeight))
  const top = useRef(0)
  const look = useRef(() => {})
  useLayoutEffect(() => {
    look.current = () => {
      const next = windowOf(offsets, scrollY - top.current, innerHeight)
      setSeen((old) => (old[0] === next[0] && old[1] === next[1] ? old : next))
    }
    look.current()
  })
  useLayoutEffect(() => {
    const measure = () => {
      top.current = (list.current?.getBoundingClientRect().top ?? 0) + scrollY
      look.current()
    }
    measure()
    const scrolled = () => look.current()
    const resized = new ResizeObserver(measure)
    resized.observe(document.body)
    addEventListener('scroll', scrolled, { passive: true })
    return () => {
      resized.disconnect()
      removeEventListener('scroll', scrolled)
    }
  }, [list])
  return [Math.min(seen[0], Math.max(0, offsets.length - 2)), Math.min(seen[1], offsets.length - 1)]
}
