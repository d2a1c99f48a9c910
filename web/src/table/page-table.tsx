import { useMemo, useRef, useState, type ReactNode } from 'react'
import { offsetsOf, useWindow } from './windowing.ts'
import './table.css'

type Props<T> = {
  readonly label: string
  /** Beside `page-table`. */
  readonly className: string
  readonly header: ReactNode
  readonly items: readonly T[]
  /** How high each of them is, in pixels; the same function as long as the heights are the same. */
  readonly heightOf: (item: T) => number
  /** What stands in `data-stream` of its element; undefined where it cannot have the focus. */
  readonly streamOf: (item: T) => string | undefined
  /** @param top - where it stands, in pixels @param index - of its row, for `aria-rowindex` */
  readonly render: (item: T, top: number, index: number) => ReactNode
}

/** A table as long as the page. Of hundreds of rows only those on the screen are in the document; j and k walk through all of them. */
export function PageTable<T>({ label, className, header, items, heightOf, streamOf, render }: Props<T>) {
  const offsets = useMemo(() => offsetsOf(items.map(heightOf)), [items, heightOf])
  const list = useRef<HTMLDivElement>(null)
  const [first, last] = useWindow(list, offsets)
  const [focused, setFocused] = useState<string>()
  const shown = useMemo(() => {
    const held = focused === undefined ? -1 : items.findIndex((item) => streamOf(item) === focused)
    return indicesOf(first, last, held)
  }, [items, first, last, focused, streamOf])
  return (
    <div className={`page-table ${className}`} role="table" aria-label={label} aria-rowcount={items.length + 1}>
      <div className="page-columns" role="row" aria-rowindex={1}>
        {header}
      </div>
      <div
        className="page-rows"
        role="rowgroup"
        ref={list}
        style={{ height: offsets.at(-1) }}
        onFocus={(event) => setFocused(event.target.closest<HTMLElement>('[data-stream]')?.dataset['stream'])}
        onBlur={() => setFocused(undefined)}
      >
        {shown.map((index) => render(items[index]!, offsets[index]!, index + 2))}
      </div>
    </div>
  )
}

/** The row that has the focus stays, however far it is scrolled away: else the focus would be lost. */
function indicesOf(first: number, last: number, held: number): readonly number[] {
  const seen = Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at)
  if (held === -1 || (held >= first && held < last)) return seen
  return held < first ? [held, ...seen] : [...seen, held]
}
