import { useLayoutEffect, useState, type KeyboardEvent, type PointerEvent, type RefObject } from 'react'

/** How wide an element is, in pixels: text in a picture stays as large as it is. */
export function useWidth(ref: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = ref.current
    if (element === null) return
    const observer = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)))
    observer.observe(element)
    setWidth(Math.floor(element.clientWidth))
    return () => observer.disconnect()
  }, [ref])
  return width
}

/**
 * A place on a picture that the mouse or the arrow keys move.
 * @param from @param to - pixels between which it goes @param step - of a key
 * @returns the place, undefined while nobody looks, and what the picture listens to
 */
export function useCursor(from: number, to: number, step: number) {
  const [at, setAt] = useState<number>()
  const inside = (x: number) => Math.min(to, Math.max(from, x))
  const keys: Record<string, (now: number) => number | undefined> = {
    ArrowLeft: (now) => inside(now - step),
    ArrowRight: (now) => inside(now + step),
    Home: () => from,
    End: () => to,
    Escape: () => undefined,
  }
  return {
    at: at === undefined ? undefined : inside(at),
    listeners: {
      onPointerDown: (event: PointerEvent<SVGSVGElement>) => setAt(event.clientX - event.currentTarget.getBoundingClientRect().left),
      onPointerMove: (event: PointerEvent<SVGSVGElement>) => setAt(event.clientX - event.currentTarget.getBoundingClientRect().left),
      // The keys may be at it.
      onPointerLeave: (event: PointerEvent<SVGSVGElement>) => document.activeElement !== event.currentTarget && setAt(undefined),
      onFocus: () => setAt((before) => before ?? (from + to) / 2),
      onBlur: () => setAt(undefined),
      onKeyDown: (event: KeyboardEvent<SVGSVGElement>) => {
        const move = keys[event.key]
        if (move === undefined) return
        event.preventDefault()
        setAt(move(at ?? (from + to) / 2))
      },
    },
  }
}
