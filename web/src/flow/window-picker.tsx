import { windows, type FlowWindow } from './window.ts'

type Props = { readonly window: FlowWindow; readonly onChange: (next: FlowWindow) => void; readonly newest: string | undefined }

/** How long a time is looked at, and from which day. @param newest - the latest moment of which something is known */
export function WindowPicker({ window, onChange, newest }: Props) {
  return (
    <div className="flow-window">
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
