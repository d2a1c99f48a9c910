import { Link, useLocation } from 'wouter'
import { useConnection } from '../api/live.ts'
import { useQuery } from '../api/query.ts'
import type { EstateSummary } from '../api/types.ts'
import { isForPerson } from '../estate/rows.ts'
import { Icon, type IconName } from '../piece/icon.tsx'
import { SearchButton } from '../search/search.tsx'
import { Help } from './help.tsx'
import { useShortcut } from './keyboard.ts'
import { useTheme, type Theme } from './theme.ts'
import { TokenState } from './token.tsx'

export function Header() {
  const [, navigate] = useLocation()
  useShortcut('g', 'go to the services', () => navigate('/'))
  return (
    <header className="header">
      <Link className="brand" href="/" aria-label="Threeways, to the services">
        <Logo />
        <span>Threeways</span>
      </Link>
      <Nav />
      <SearchButton />
      <div className="header-tools">
        <LiveLamp />
        <TokenState />
        <ThemeButton />
        <Help />
      </div>
    </header>
  )
}

type Place = {
  readonly href: string
  readonly name: string
  readonly icon: IconName
  readonly key: string
  readonly isHere: (path: string) => boolean
}

const places: readonly Place[] = [
  { href: '/', name: 'Services', icon: 'services', key: '1', isHere: (path) => path === '/' || /^\/(lines|runs|candidates)\//.test(path) },
  { href: '/approvals', name: 'Approvals', icon: 'inbox', key: '2', isHere: (path) => path === '/approvals' },
  { href: '/stops', name: 'Stops', icon: 'octagon', key: '3', isHere: (path) => path === '/stops' },
  { href: '/environments', name: 'Environments', icon: 'places', key: '4', isHere: (path) => path.startsWith('/environments') },
  { href: '/flow', name: 'Flow', icon: 'flow', key: '5', isHere: (path) => /^\/(flow|coupling|recovery)\b/.test(path) },
  { href: '/release', name: 'Release', icon: 'flag', key: '6', isHere: (path) => /^\/(release|experiments|new-flag)\b/.test(path) },
]

/** Where to go, with how much waits there. On a phone it is at the thumb. */
function Nav() {
  const [path] = useLocation()
  const { data } = useQuery<EstateSummary>('/api/estate/summary')
  const waits = Object.entries(data?.waits ?? {}).filter(([kind]) => isForPerson({ kind }))
  const counts: Record<string, number> = {
    '/approvals': waits.reduce((sum, [, count]) => sum + count, 0),
    '/stops': data?.stops ?? 0,
  }
  return (
    <nav className="nav" aria-label="Pages">
      {places.map((place) => (
        <NavLink key={place.href} place={place} here={place.isHere(path)} count={counts[place.href] ?? 0} />
      ))}
    </nav>
  )
}

function NavLink({ place, here, count }: { readonly place: Place; readonly here: boolean; readonly count: number }) {
  const [, navigate] = useLocation()
  const { href, name, icon, key } = place
  useShortcut(key, `go to ${name.toLowerCase()}`, () => navigate(href))
  return (
    <Link href={href} className="nav-link" aria-current={here ? 'page' : undefined} title={`${name}  ${key}`}>
      <Icon name={icon} />
      <span>{name}</span>
      {count > 0 && <span className={href === '/stops' ? 'nav-count nav-stop' : 'nav-count'}>{count}</span>}
    </Link>
  )
}

/** Three ways that become one line. */
function Logo() {
  return (
    <svg
      width="30"
      height="24"
      viewBox="0 0 30 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.4"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M2 4h8l8 8M2 12h19M2 20h8l8-8" strokeLinejoin="round" />
      <circle cx="25.5" cy="12" r="3.2" fill="currentColor" stroke="none" />
    </svg>
  )
}

const connectionWords = { live: 'live', connecting: 'connecting', lost: 'not connected' }

function LiveLamp() {
  const { status } = useConnection()
  return (
    <p className={`live live-${status}`}>
      <i aria-hidden="true" />
      <span>{connectionWords[status]}</span>
    </p>
  )
}

const icons: Record<Theme, IconName> = { system: 'half', light: 'sun', dark: 'moon' }

function ThemeButton() {
  const [theme, next] = useTheme()
  useShortcut('t', 'change the colours', next)
  return (
    <button type="button" className="button small quiet" onClick={next} aria-label={`Colours: ${theme}`} title={`Colours: ${theme}`}>
      <Icon name={icons[theme]} />
    </button>
  )
}
