import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { startLive } from './api/live.ts'
import { adoptToken } from './api/session.ts'
import { App } from './app.tsx'
import { startKeyboard } from './shell/keyboard.ts'
import './style/tokens.css'
import './style/base.css'
import './piece/piece.css'
import './shell/shell.css'

adoptToken()
window.addEventListener('hashchange', adoptToken)
startKeyboard()
startLive()

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
