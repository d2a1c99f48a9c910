import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { LogState } from './log-reader.ts'
import { LogText } from './log-text.tsx'
import { lineAtRow, rowsBefore } from './windowing.ts'

/** Kept in step with log.css. */
const rowPx = 18
const overscan = 12
const gutterPx = 62

type Props = {
  readonly state: LogState
  readonly wrap: boolean
  readonly follow: boolean
  readonly onFollow: (follow: boolean) => void
  readonly wanted: string
  /** Index of the line to bring into view. */
  readonly shown: number | undefined
}

/** Only the lines on the screen are in the document, so that a log of any length scrolls smoothly. */
export function LogWindow({ state, wrap, follow, onFollow, wanted, shown }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const ruler = useRef<HTMLSpanElement>(null)
  const [view, setView] = useState({ top: 0, height: 400, columns: 80 })
  const before = useMemo(() => rowsBefore(state.lines, wrap ? view.columns : undefined), [state, wrap, view.columns])
  const rows = before.at(-1) ?? 0
  useSize(box, ruler, setView)

  useLayoutEffect(() => {
    const element = box.current
    if (element !== null && follow) element.scrollTop = rows * rowPx - view.height
  }, [follow, rows, view.height])

  const bringIntoView = useEffectEvent((line: number) => {
    const element = box.current
    if (element !== null) element.scrollTop = (before[line] ?? 0) * rowPx - element.clientHeight / 3
  })
  useEffect(() => {
    if (shown !== undefined) bringIntoView(shown)
  }, [shown])

  const onScroll = () => {
    const element = box.current
    if (element === null) return
    setView((was) => ({ ...was, top: element.scrollTop }))
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - rowPx
    if (follow && !atEnd) onFollow(false)
  }
  const first = Math.max(0, lineAtRow(before, Math.floor(view.top / rowPx)) - overscan)
  const last = Math.min(state.lines.length, lineAtRow(before, Math.ceil((view.top + view.height) / rowPx)) + overscan)
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
          {state.lines.slice(first, last).map((line, index) => (
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
      {state.lines.length === 0 && <p className="log-none">Nothing written yet</p>}
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
