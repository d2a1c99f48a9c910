import { Link, useLocation } from 'wouter'
import { useConnection } from '../api/live.ts'
import { Icon, type IconName } from '../piece/icon.tsx'
import { Help } from './help.tsx'
import { useShortcut } from './keyboard.ts'
import { useTheme, type Theme } from './theme.ts'
import { TokenState } from './token.tsx'

export function Header() {
  const [, navigate] = useLocation()
  useShortcut('g', 'go to the line', () => navigate('/'))
  return (
    <header className="header">
      <Link className="brand" href="/" aria-label="Threeways, to the line">
        <Logo />
        Threeways
      </Link>
      <LiveLamp />
      <div className="header-tools">
        <TokenState />
        <ThemeButton />
        <Help />
      </div>
    </header>
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
