import { useRef, type KeyboardEvent, type ReactNode } from 'react'
import { Link } from 'wouter'
import './tabs.css'

export type Tab = { readonly key: string; readonly name: string; readonly href: string; readonly count?: number | undefined }

type Props = {
  readonly label: string
  readonly tabs: readonly Tab[]
  /** The key of the one that is open. */
  readonly open: string
  /** What it shows. */
  readonly panel: string
  readonly className?: string
}

const moves: Record<string, (at: number, count: number) => number> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
}

/** Tabs that are addresses: a link leads to one, and one can go back. The arrow keys walk through them; Enter or the space bar opens one. */
export function Tabs({ label, tabs, open, panel, className = '' }: Props) {
  const list = useRef<HTMLDivElement>(null)
  const move = (event: KeyboardEvent<HTMLElement>) => {
    const all = [...list.current!.querySelectorAll<HTMLElement>('[role=tab]')]
    const at = all.indexOf(event.target as HTMLElement)
    const next = moves[event.key]?.(at, all.length)
    if (next !== undefined) all[next]?.focus()
    else if (event.key === ' ') all[at]?.click()
    else return
    event.preventDefault()
  }
  return (
    <div ref={list} className={`tab-list ${className}`} role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map(({ key, name, href, count }) => (
        <Link
          key={key}
          id={`tab-${panel}-${key}`}
          href={href}
          role="tab"
          aria-selected={key === open}
          aria-controls={panel}
          tabIndex={key === open ? 0 : -1}
        >
          {name} {count !== undefined && <span className="soft">{count.toLocaleString('en')}</span>}
        </Link>
      ))}
    </div>
  )
}

type PanelProps = { readonly id: string; readonly open: string; readonly className?: string; readonly children: ReactNode }

/** What the open tab shows. */
export function TabPanel({ id, open, className, children }: PanelProps) {
  return (
    <div id={id} role="tabpanel" aria-labelledby={`tab-${id}-${open}`} tabIndex={0} className={className}>
      {children}
    </div>
  )
}
