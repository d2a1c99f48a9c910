import { useState } from 'react'
import { setToken, useToken } from '../api/session.ts'
import { Dialog } from '../piece/dialog.tsx'

/** How to get from reading to acting. */
export function TokenHelp({ onClose }: { readonly onClose?: () => void }) {
  return (
    <form
      className="token-help"
      onSubmit={(event) => {
        event.preventDefault()
        const token = String(new FormData(event.currentTarget).get('token') ?? '').trim()
        if (token === '') return
        setToken(token)
        onClose?.()
      }}
    >
      <div className="dialog-text">
        <p>To act, this page needs a token, so that the ledger can say who did what.</p>
        <p>
          Open the link that <code>threeways up</code> printed, or make a token with <code>threeways token</code> and put it here. It stays
          in this tab only.
        </p>
      </div>
      <label className="field">
        <span>Token</span>
        <input className="input mono" name="token" type="password" autoComplete="off" spellCheck={false} required autoFocus />
      </label>
      <div className="dialog-buttons">
        {onClose !== undefined && (
          <button type="button" className="button" onClick={onClose}>
            Stay read-only
          </button>
        )}
        <button type="submit" className="button strong">
          Use this token
        </button>
      </div>
    </form>
  )
}

/** In the header: says whether this tab may act, and changes it. */
export function TokenState() {
  const token = useToken()
  const [open, setOpen] = useState(false)
  if (token !== undefined) {
    return (
      <button type="button" className="button small quiet" onClick={() => setToken(undefined)} title="This tab holds a token. Forget it.">
        Forget token
      </button>
    )
  }
  return (
    <>
      <button type="button" className="button small read-only" onClick={() => setOpen(true)} aria-haspopup="dialog">
        Read-only
      </button>
      {open && (
        <Dialog title="This page may only look" onClose={() => setOpen(false)}>
          <TokenHelp onClose={() => setOpen(false)} />
        </Dialog>
      )}
    </>
  )
}
