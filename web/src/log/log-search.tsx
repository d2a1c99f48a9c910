import { useRef } from 'react'
import { Icon } from '../piece/icon.tsx'
import { useShortcut } from '../shell/keyboard.ts'

type Props = {
  readonly search: string
  readonly onSearch: (text: string) => void
  readonly hits: number
  readonly hit: number
  readonly onGo: (index: number) => void
}

/** Enter goes to the next hit, Shift+Enter to the one before, Escape clears. */
export function LogSearch({ search, onSearch, hits, hit, onGo }: Props) {
  const input = useRef<HTMLInputElement>(null)
  useShortcut('f', 'search the log', () => input.current?.focus())
  return (
    <div className="log-search">
      <label>
        <span className="sr">Search the log</span>
        <input
          ref={input}
          className="input"
          type="search"
          placeholder="Search  f"
          value={search}
          onChange={(event) => onSearch(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') onGo(hit + (event.shiftKey ? -1 : 1))
            if (event.key === 'Escape') onSearch('')
          }}
        />
      </label>
      {search !== '' && (
        <>
          <span className="log-hits" role="status">
            {hits === 0 ? 'none' : `${hit + 1} of ${hits}`}
          </span>
          <button
            type="button"
            className="button small quiet"
            aria-label="Previous hit"
            disabled={hits === 0}
            onClick={() => onGo(hit - 1)}
          >
            <Icon name="up" />
          </button>
          <button type="button" className="button small quiet" aria-label="Next hit" disabled={hits === 0} onClick={() => onGo(hit + 1)}>
            <Icon name="down" />
          </button>
        </>
      )}
    </div>
  )
}
