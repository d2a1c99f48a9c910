import { useState } from 'react'
import { Link } from 'wouter'
import { useQuery } from '../api/query.ts'
import { useToken } from '../api/session.ts'
import type { Estate, StopView } from '../api/types.ts'
import { startLine, stopLine } from '../line/actions.tsx'
import { ActionButton, ActionDialog } from '../piece/action.tsx'
import { Age } from '../piece/age.tsx'
import { CopyButton } from '../piece/copy-button.tsx'
import { DigestLink, lineHref, short } from '../piece/digest.tsx'
import { Icon } from '../piece/icon.tsx'
import { Mark } from '../piece/mark.tsx'
import { dayOf, timeOfDay } from '../piece/time.ts'
import { useTitle } from '../shell/document-state.ts'
import { useShortcut } from '../shell/keyboard.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import './stops.css'

/** `/stops`: every stop that is open anywhere, the oldest first, with the way out. */
export function StopsPage() {
  const { data, problem } = useQuery<Estate>('/api/estate')
  const stops = (data?.streams ?? []).flatMap((row) => row.stops).toSorted((a, b) => a.since.localeCompare(b.since))
  useTitle(stops.length === 0 ? 'No line is stopped' : `${stops.length} ${stops.length === 1 ? 'stop' : 'stops'}: ${stops[0]!.reason}`)
  if (data === undefined) return problem === undefined ? <Loading what="the stops" rows={3} /> : <Failed what="stops" problem={problem} />
  const alone = (stop: StopView) => stops.filter(({ stream }) => stream === stop.stream).length - 1
  return (
    <div className="page">
      <header className="page-title">
        <div>
          <h1>Stops</h1>
          <p className="soft">
            {stops.length === 0 ? 'No line is stopped.' : 'Nothing is promoted on these lines but the fix. What runs keeps running.'}
          </p>
        </div>
        <Pull streams={data.streams.map(({ stream }) => stream)} />
      </header>
      {stops.length === 0 ? (
        <div className="calm">
          <Mark state="verified" worded size={34} />
          <p>{data.streams.length === 1 ? 'The line is' : `All ${data.streams.length} lines are`} open.</p>
        </div>
      ) : (
        <ol className="board-stops" aria-label="Open stops">
          {stops.map((stop) => (
            <StopCard key={stop.id} stop={stop} others={alone(stop)} />
          ))}
        </ol>
      )}
    </div>
  )
}

const causes: Readonly<Record<StopView['cause'], string>> = {
  person: 'pulled by hand',
  rollback: 'after a rollback',
  canary: 'after a failed canary',
  'red-trunk': 'the trunk is red',
  undecided: 'a check did not decide',
  batch: 'a batch that is too large',
}

function StopCard({ stop, others }: { readonly stop: StopView; readonly others: number }) {
  const acting = useToken() !== undefined
  const trailer = `Fixes-Stop: ${stop.id}`
  return (
    <li className="stop-card">
      <div className="stop-card-main">
        <p className="stop-card-line">
          <Mark state="stopped" worded />
          <Link data-move href={lineHref(stop.stream)}>
            {stop.stream}
          </Link>
          <span className="tag signal-stop">{causes[stop.cause]}</span>
        </p>
        <h2>{stop.reason}</h2>
        <p className="soft">
          by {stop.by}, {timeOfDay(stop.since)} on {dayOf(stop.since)}
          {stop.run !== null && stop.commit !== null && (
            <>
              {' · '}
              <Link href={`/runs/${encodeURIComponent(stop.run)}`}>
                delivery of <span className="mono">{short(stop.commit)}</span>
              </Link>
            </>
          )}
          {stop.candidate !== null && (
            <>
              {' · candidate '}
              <DigestLink digest={stop.candidate} />
            </>
          )}
        </p>
        <p className="stop-trailer">
          <span className="soft">passes:</span> <code>{trailer}</code>
          <CopyButton text={trailer} what="the line for the fixing commit" />
        </p>
      </div>
      <div className="stop-card-side">
        <p className="stop-card-clock">
          <Age since={stop.since} form="clock" />
        </p>
        {acting && (
          <ActionButton className="strong" label={others > 0 ? 'End this stop…' : 'Start the line…'} action={startLine(stop, others)} />
        )}
      </div>
    </li>
  )
}

/** Stopping must cost nothing: one key, which line, why. */
function Pull({ streams }: { readonly streams: readonly string[] }) {
  const acting = useToken() !== undefined
  const [open, setOpen] = useState(false)
  const [stream, setStream] = useState(streams[0] ?? '')
  useShortcut('s', 'stop a line', () => setOpen(streams.length > 0))
  if (!acting || streams.length === 0) return null
  const action = stopLine(stream)
  const chooser = (
    <label className="field">
      <span>Line</span>
      <select className="input" value={stream} onChange={(event) => setStream(event.target.value)}>
        {streams.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  )
  return (
    <>
      <button type="button" className="button stop" onClick={() => setOpen(true)} aria-haspopup="dialog">
        <Icon name="hand" />
        Stop a line…
      </button>
      {open && <ActionDialog action={{ ...action, title: 'Stop a line', fields: chooser }} onClose={() => setOpen(false)} />}
    </>
  )
}
