import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { LogLines } from './log-lines.ts'
import { LogText } from './log-text.tsx'
import { lineAtRow, rowsBefore } from './windowing.ts'

/** Kept in step with log.css. */
const rowPx = 18
const overscan = 12
const gutterPx = 62

type Props = {
  readonly log: LogLines
  readonly version: number
  readonly wrap: boolean
  readonly follow: boolean
  readonly onFollow: (follow: boolean) => void
  readonly wanted: string
  /** Index of the line to bring into view. */
  readonly shown: number | undefined
}

/** Only the lines on the screen are in the document, so that a log of any length scrolls smoothly. */
export function LogWindow({ log, version, wrap, follow, onFollow, wanted, shown }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const ruler = useRef<HTMLSpanElement>(null)
  const [view, setView] = useState({ top: 0, height: 400, columns: 80 })
  const before = useMemo(() => rowsBefore(log.lines, wrap ? view.columns : undefined), [log, version, wrap, view.columns])
  const rows = before.at(-1) ?? 0
  useSize(box, ruler, setView)

  useLayoutEffect(() => {
    const element = box.current
    if (element !== null && follow) element.scrollTop = element.scrollHeight
  }, [follow, rows, view.height])

  useEffect(() => {
    const element = box.current
    if (element === null || shown === undefined) return
    element.scrollTop = (before[shown] ?? 0) * rowPx - element.clientHeight / 3
    // Only when another hit is chosen, not when the log grows.
  }, [shown])

  const onScroll = () => {
    const element = box.current
    if (element === null) return
    setView((was) => ({ ...was, top: element.scrollTop }))
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - rowPx
    if (follow && !atEnd) onFollow(false)
  }
  const first = Math.max(0, lineAtRow(before, Math.floor(view.top / rowPx)) - overscan)
  const last = Math.min(log.lines.length, lineAtRow(before, Math.ceil((view.top + view.height) / rowPx)) + overscan)
  return (
    <div
      className={wrap ? 'log-box log-wrap' : 'log-box'}
      ref={box}
      onScroll={onScroll}
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label="Log text"
    >
      <span className="log-ruler" ref={ruler} aria-hidden="true">
        {'0'.repeat(100)}
      </span>
      <div className="log-space" style={{ height: rows * rowPx }}>
        <div className="log-lines" style={{ transform: `translateY(${(before[first] ?? 0) * rowPx}px)` }}>
          {log.lines.slice(first, last).map((line, index) => (
            <div
              key={line.number}
              className={first + index === shown ? 'log-line log-shown' : 'log-line'}
              style={{ minHeight: ((before[first + index + 1] ?? 0) - (before[first + index] ?? 0)) * rowPx }}
            >
              <span className="log-number" aria-hidden="true">
                {line.number}
              </span>
              <LogText line={line} wanted={wanted} />
            </div>
          ))}
        </div>
      </div>
      {log.lines.length === 0 && <p className="log-none">Nothing written yet</p>}
    </div>
  )
}

type View = { readonly top: number; readonly height: number; readonly columns: number }

function useSize(
  box: React.RefObject<HTMLDivElement | null>,
  ruler: React.RefObject<HTMLSpanElement | null>,
  setView: React.Dispatch<React.SetStateAction<View>>,
): void {
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const update = () => {
      const characterPx = (ruler.current?.getBoundingClientRect().width ?? 780) / 100
      const columns = Math.max(10, Math.floor((element.clientWidth - gutterPx - 12) / characterPx))
      setView((was) =>
        was.columns === columns && was.height === element.clientHeight ? was : { ...was, height: element.clientHeight, columns },
      )
    }
    update()
    const observer = new ResizeObserver(update)
    observer.observe(element)
    return () => observer.disconnect()
  }, [box, ruler, setView])
}
