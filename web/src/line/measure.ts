import { useLayoutEffect, useState, type RefObject } from 'react'
import { flushSync } from 'react-dom'

/** Where a station's piece of rail lies on the board, pixels from its top left corner. */
export type Rail = {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  /** Height of the rail itself. */
  readonly y: number
}
export type Rails = {
  readonly width: number
  readonly height: number
  readonly upright: boolean
  readonly byStation: Readonly<Record<string, Rail>>
}

/** On a narrow screen the line runs downwards. Kept in step with line.css. */
const uprightBelowPx = 900

function measure(board: HTMLElement): Rails {
  const origin = board.getBoundingClientRect()
  const byStation: Record<string, Rail> = {}
  for (const station of board.querySelectorAll<HTMLElement>('[data-station]')) {
    const box = station.getBoundingClientRect()
    const rail = station.querySelector('[data-rail]')?.getBoundingClientRect()
    if (rail === undefined) continue
    const round = Math.round
    byStation[station.dataset['station'] ?? ''] = {
      left: round(box.left - origin.left),
      right: round(box.right - origin.left),
      top: round(box.top - origin.top),
      bottom: round(box.bottom - origin.top),
      y: round(rail.top + rail.height / 2 - origin.top),
    }
  }
  return { width: board.scrollWidth, height: board.scrollHeight, upright: window.innerWidth < uprightBelowPx, byStation }
}

/** Measures again whenever a station changes its size. For a board whose stations stay the same. */
export function useRails(ref: RefObject<HTMLElement | null>): Rails | undefined {
  const [rails, setRails] = useState<Rails>()
  useLayoutEffect(() => {
    const board = ref.current
    if (board === null) return
    const update = () => {
      const next = measure(board)
      setRails((before) => (JSON.stringify(before) === JSON.stringify(next) ? before : next))
    }
    update()
    // In the same frame, so that rails and trains never lag behind the cards they belong to.
    const observer = new ResizeObserver(() => flushSync(update))
    observer.observe(board)
    for (const station of board.querySelectorAll('[data-station]')) observer.observe(station)
    return () => observer.disconnect()
  }, [ref])
  return rails
}
