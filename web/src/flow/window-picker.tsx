import type { ReactNode } from 'react'
import { windows, type FlowWindow } from './window.ts'

type Props = {
  readonly window: FlowWindow
  readonly onChange: (next: FlowWindow) => void
  /** The latest moment of which something is known. */
  readonly newest: string | undefined
  /** What else is chosen. */
  readonly children?: ReactNode
}

/** How long a time is looked at, and from which day. */
export function WindowPicker({ window, onChange, newest, children }: Props) {
  return (
    <div className="flow-window">
      {children}
      <div className="segments" role="group" aria-label="Window">
        {windows.map(({ days, name, told }) => (
          <button key={days} type="button" aria-pressed={window.days === days} title={told} onClick={() => onChange({ ...window, days })}>
            {name}
          </button>
        ))}
      </div>
      <label className="flow-as-of">
        <span>as of</span>
        <input
          className="input"
          type="date"
          max={newest?.slice(0, 10)}
          value={window.asOf ?? newest?.slice(0, 10) ?? ''}
          onChange={({ target }) => onChange({ ...window, asOf: target.value === '' ? undefined : target.value })}
        />
        {window.asOf !== undefined && (
          <button type="button" className="button small quiet" onClick={() => onChange({ ...window, asOf: undefined })}>
            newest
          </button>
        )}
      </label>
    </div>
  )
}
