import { askEarly } from './api/early.ts'
import { adoptToken } from './api/session.ts'
import { startTheme } from './shell/theme.ts'
import './style/tokens.css'
import './style/base.css'
import './piece/piece.css'
import './shell/shell.css'

// Small, and before the first paint; the page itself comes while the first answer is on its way.
adoptToken()
startTheme()
if (location.pathname === '/') askEarly('/api/estate')
void import('./start.tsx')
