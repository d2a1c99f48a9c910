import { useCallback } from 'react'
import type { SettingView } from '../api/types.ts'
import { PageTable } from '../table/page-table.tsx'
import { useNarrow } from '../table/use-narrow.ts'
import { BoardRowView } from './board-row.tsx'
import { isPlanned, toldOf, type Item } from './board-rows.ts'

// Kept in step with release.css.
const line = 26
const further = 20
const wide = (settings: readonly SettingView[]) =>
  Math.max(66, 16 + settings.reduce((sum, setting) => sum + line + (isPlanned(setting) ? further : 0), 0))
const narrow = (settings: readonly SettingView[]) =>
  160 + settings.reduce((sum, setting) => sum + line + (toldOf(setting) ? further : 0) + (isPlanned(setting) ? further : 0), 0)
const group = 44

const names = ['Flag', 'How it stands', 'Owner', 'Expires', 'Last change']
const flagOf = (item: Item) => (item.kind === 'row' ? item.row.flag.flag : undefined)

/** Every flag in a row, as high as it has environments. */
export function BoardList({ items }: { readonly items: readonly Item[] }) {
  const rowHeight = useNarrow() ? narrow : wide
  const heightOf = useCallback((item: Item) => (item.kind === 'group' ? group : rowHeight(item.row.settings)), [rowHeight])
  const header = names.map((name) => (
    <span key={name} role="columnheader">
      {name}
    </span>
  ))
  return (
    <PageTable
      label="Flags"
      className="flag-table"
      header={header}
      items={items}
      heightOf={heightOf}
      streamOf={flagOf}
      render={(item, top, index) =>
        item.kind === 'row' ? (
          <BoardRowView key={item.row.flag.flag} row={item.row} top={top} height={heightOf(item)} index={index} />
        ) : (
          <div
            key={`group ${item.name}`}
            className="estate-group"
            role="row"
            aria-rowindex={index}
            style={{ transform: `translateY(${top}px)`, height: group }}
          >
            <h2 role="cell">
              {item.name} <span className="soft">{item.count}</span>
            </h2>
          </div>
        )
      }
    />
  )
}
