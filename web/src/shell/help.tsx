import { useState } from 'react'
import { Dialog } from '../piece/dialog.tsx'
import { currentShortcuts, moveFocus, useShortcut } from './keyboard.ts'
import { Mark } from '../piece/mark.tsx'
import { wordFor, type State } from '../piece/state.ts'

const legend: readonly State[] = [
  'running',
  'waiting',
  'verified',
  'failed',
  'rolled-back',
  'held',
  'needs-attention',
  'cancelled',
  'pending',
]

const order = '/jkfs123456gt?'

/** The keys of every page, and the help that lists them with the signs. */
export function Help() {
  const [open, setOpen] = useState(false)
  useShortcut('?', 'this help', () => setOpen(true))
  useShortcut('j', 'next', () => moveFocus(1))
  useShortcut('k', 'previous', () => moveFocus(-1))
  return (
    <>
      <button type="button" className="button small quiet" onClick={() => setOpen(true)} aria-haspopup="dialog" aria-label="Help">
        <kbd>?</kbd>
      </button>
      {open && (
        <Dialog title="Keys and signs" onClose={() => setOpen(false)}>
          <HelpText />
          <div className="dialog-buttons">
            <button type="button" className="button" onClick={() => setOpen(false)} autoFocus>
              Close
            </button>
          </div>
        </Dialog>
      )}
    </>
  )
}

function HelpText() {
  return (
    <div className="help">
      <dl>
        {currentShortcuts()
          .toSorted((a, b) => order.indexOf(a.keys) - order.indexOf(b.keys))
          .map(({ keys, what }) => (
            <div key={keys}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        <div>
          <dt>
            <kbd>Enter</kbd>
          </dt>
          <dd>open what has the focus</dd>
        </div>
      </dl>
      <ul aria-label="Signs">
        {legend.map((state) => (
          <li key={state}>
            <Mark state={state} worded />
            {wordFor(state)}
          </li>
        ))}
      </ul>
    </div>
  )
}
