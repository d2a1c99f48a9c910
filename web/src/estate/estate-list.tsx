import { useCallback } from 'react'
import { PageTable } from '../table/page-table.tsx'
import { useNarrow } from '../table/use-narrow.ts'
import { EstateRowView } from './estate-row.tsx'
import type { Item } from './rows.ts'

// Kept in step with estate.css.
const heights = { wide: { row: 68, group: 44 }, narrow: { row: 148, group: 40 } }
const names = ['Service', 'What runs where', 'What waits', 'Beyond production', 'Deliveries']
const streamOf = (item: Item) => (item.kind === 'row' ? item.row.stream : undefined)

/** Every service in a row, in groups where that is wished. */
export function EstateList({ items, onAll }: { readonly items: readonly Item[]; readonly onAll: () => void }) {
  const height = heights[useNarrow() ? 'narrow' : 'wide']
  const heightOf = useCallback((item: Item) => height[item.kind], [height])
  if (items.length === 0) {
    return (
      <div className="page-none">
        <p>No service matches.</p>
        <button type="button" className="button" onClick={onAll}>
          Show all
        </button>
      </div>
    )
  }
  const header = names.map((name) => (
    <span key={name} role="columnheader">
      {name}
    </span>
  ))
  return (
    <PageTable
      label="Services"
      className="estate-table"
      header={header}
      items={items}
      heightOf={heightOf}
      streamOf={streamOf}
      render={(item, top, index) =>
        item.kind === 'row' ? (
          <EstateRowView key={item.row.stream} row={item.row} standing={item.standing} top={top} index={index} />
        ) : (
          <Group key={`group ${item.name}`} group={item} top={top} index={index} />
        )
      }
    />
  )
}

type GroupProps = { readonly group: Extract<Item, { kind: 'group' }>; readonly top: number; readonly index: number }

function Group({ group, top, index }: GroupProps) {
  return (
    <div className="estate-group" role="row" aria-rowindex={index} style={{ transform: `translateY(${top}px)` }}>
      <h2 role="cell">
        {group.name} <span className="soft">{group.count}</span>
      </h2>
    </div>
  )
}
