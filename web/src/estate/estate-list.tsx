import { useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { EstateRowView } from './estate-row.tsx'
import type { Item } from './rows.ts'
import { offsetsOf, useWindow } from './windowing.ts'

// Kept in step with estate.css.
const narrow = matchMedia('(max-width: 899.98px)')
const heights = { wide: { row: 68, group: 44 }, narrow: { row: 148, group: 40 } }

function useNarrow(): boolean {
  return useSyncExternalStore(
    (told) => {
      narrow.addEventListener('change', told)
      return () => narrow.removeEventListener('change', told)
    },
    () => narrow.matches,
  )
}

/** The row that has the focus stays, however far it is scrolled away: else the focus would be lost. */
function shownOf(items: readonly Item[], first: number, last: number, focused: string | undefined) {
  const seen = items.slice(first, last).map((item, at) => ({ item, index: first + at }))
  const index = focused === undefined ? -1 : items.findIndex((item) => item.kind === 'row' && item.row.stream === focused)
  if (index === -1 || (index >= first && index < last)) return seen
  return index < first ? [{ item: items[index]!, index }, ...seen] : [...seen, { item: items[index]!, index }]
}

/** Of hundreds of rows only those on the screen are in the document; j and k walk through all of them. */
export function EstateList({ items, onAll }: { readonly items: readonly Item[]; readonly onAll: () => void }) {
  const height = heights[useNarrow() ? 'narrow' : 'wide']
  const offsets = useMemo(() => offsetsOf(items.map(({ kind }) => height[kind])), [items, height])
  const list = useRef<HTMLDivElement>(null)
  const [first, last] = useWindow(list, offsets)
  const [focused, setFocused] = useState<string>()
  const shown = useMemo(() => shownOf(items, first, last, focused), [items, first, last, focused])
  if (items.length === 0) {
    return (
      <div className="estate-none">
        <p>No service matches.</p>
        <button type="button" className="button" onClick={onAll}>
          Show all
        </button>
      </div>
    )
  }
  return (
    <div className="estate-table" role="table" aria-label="Services" aria-rowcount={items.length + 1}>
      <div className="estate-columns" role="row" aria-rowindex={1}>
        {['Service', 'What runs where', 'What waits', 'Beyond production', 'Deliveries'].map((name) => (
          <span key={name} role="columnheader">
            {name}
          </span>
        ))}
      </div>
      <div
        className="estate-rows"
        role="rowgroup"
        ref={list}
        style={{ height: offsets.at(-1) }}
        onFocus={(event) => setFocused(event.target.closest<HTMLElement>('[data-stream]')?.dataset['stream'])}
        onBlur={() => setFocused(undefined)}
      >
        {shown.map(({ item, index }) =>
          item.kind === 'row' ? (
            <EstateRowView key={item.row.stream} row={item.row} standing={item.standing} top={offsets[index]!} index={index + 2} />
          ) : (
            <div
              key={`group ${item.name}`}
              className="estate-group"
              role="row"
              aria-rowindex={index + 2}
              style={{ transform: `translateY(${offsets[index]}px)` }}
            >
              <h2 role="cell">
                {item.name} <span className="soft">{item.count}</span>
              </h2>
            </div>
          ),
        )}
      </div>
    </div>
  )
}
