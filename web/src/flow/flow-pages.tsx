import { Link } from 'wouter'
import { searchOf } from './window.ts'

const pages = [
  ['/flow', 'Streams'],
  ['/coupling', 'Deployed together'],
  ['/recovery', 'Recovery'],
] as const

/** What there is of all streams, in the same window and of the same team. */
export function FlowPages({ open, address }: { readonly open: string; readonly address: Readonly<Record<string, string>> }) {
  return (
    <nav className="flow-pages" aria-label="Of all streams">
      {pages.map(([path, name]) => (
        <Link key={path} href={`${path}${searchOf(address)}`} aria-current={path === open ? 'page' : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  )
}
