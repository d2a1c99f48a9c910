import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { connect, startLive } from './api/live.ts'
import { refresh } from './api/query.ts'
import { adoptToken, onToken } from './api/session.ts'
import { App } from './app.tsx'
import { startKeyboard } from './shell/keyboard.ts'

window.addEventListener('hashchange', adoptToken)
// Where reading needs a token too, another one shows another picture.
onToken(() => {
  connect()
  refresh()
})
startKeyboard()
startLive()

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
