import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { connect, startLive } from './api/live.ts'
import { refresh } from './api/query.ts'
import { adoptToken, onToken } from './api/session.ts'
import { App } from './app.tsx'
import { startKeyboard } from './shell/keyboard.ts'
import { startTheme } from './shell/theme.ts'
import './style/tokens.css'
import './style/base.css'
import './piece/piece.css'
import './shell/shell.css'

adoptToken()
window.addEventListener('hashchange', adoptToken)
// Where reading needs a token too, another one shows another picture.
onToken(() => {
  connect()
  refresh()
})
startTheme()
startKeyboard()
startLive()

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
