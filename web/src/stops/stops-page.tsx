import { useState } from 'react'
import { Link } from 'wouter'
import { useEstate } from '../api/estate.ts'
import { useQuery } from '../api/query.ts'
import { useMay } from '../api/rights.ts'
import type { Board, StopOnBoard } from '../api/types.ts'
import { endStop, joinStop, noteStop, ownStop, stopScope } from '../line/actions.tsx'
import { causeOf } from '../line/causes.ts'
import { ActionButton, ActionDialog } from '../piece/action.tsx'
import { Age } from '../piece/age.tsx'
import { CopyButton } from '../piece/copy-button.tsx'
import { DigestLink, lineHref, short } from '../piece/digest.tsx'
import { Icon } from '../piece/icon.tsx'
import { Mark } from '../piece/mark.tsx'
import { dayOf, duration, timeOfDay } from '../piece/time.ts'
import { useTitle } from '../shell/document-state.ts'
import { useShortcut } from '../shell/keyboard.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import './stops.css'

/** `/stops`: every stop that is open anywhere, the oldest first, with who is at it and the way out; and the latest that ended. */
export function StopsPage() {
  const { data, problem } = useQuery<Board>('/api/line')
  const stops = data?.stops ?? []
  useTitle(stops.length === 0 ? 'No line is stopped' : `${stops.length} ${stops.length === 1 ? 'stop' : 'stops'}: ${stops[0]!.reason}`)
  if (data === undefined) return problem === undefined ? <Loading what="the stops" rows={3} /> : <Failed what="stops" problem={problem} />
  return (
    <div className="page">
      <header className="page-title">
        <div>
          <h1>Stops</h1>
          <p className="soft">
            {stops.length === 0 ? 'No line is stopped.' : 'Nothing that these cover is promoted but the fix. What runs keeps running.'}
          </p>
        </div>
        <Pull />
      </header>
      {stops.length === 0 ? (
        <div className="calm">
          <Mark state="verified" worded size={34} />
          <p>Every line is open.</p>
        </div>
      ) : (
        <ol className="board-stops" aria-label="Open stops">
          {stops.map((stop) => (
            <StopCard key={stop.id} stop={stop} />
          ))}
        </ol>
      )}
      {data.over.length > 0 && <Over stops={data.over} />}
    </div>
  )
}

function StopCard({ stop }: { readonly stop: StopOnBoard }) {
  const trailer = `Fixes-Stop: ${stop.id}`
  return (
    <li className="stop-card">
      <div className="stop-card-main">
        <p className="stop-card-line">
          <Mark state="stopped" worded />
          <Scope stop={stop} />
          <span className="tag signal-stop">{causeOf(stop.cause)}</span>
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
        <People stop={stop} />
        <Notes stop={stop} />
        <p className="stop-trailer">
          <span className="soft">passes:</span> <code>{trailer}</code>
          <CopyButton text={trailer} what="the line for the fixing commit" />
        </p>
        {stop.waysOut.length > 0 && (
          <details className="ways-out">
            <summary>Ways out</summary>
            <ul>
              {stop.waysOut.map((way) => (
                <li key={way}>{way}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
      <Side stop={stop} />
    </li>
  )
}

function Side({ stop }: { readonly stop: StopOnBoard }) {
  const acting = useMay('operate')
  return (
    <div className="stop-card-side">
      <p className="stop-card-clock">
        <Age since={stop.since} form="clock" />
      </p>
      {acting && (
        <div className="stop-card-buttons">
          <ActionButton className="small" label="Join…" action={joinStop(stop)} />
          <ActionButton className="small" label="Note…" action={noteStop(stop)} />
          <ActionButton className="strong" label="Start…" action={endStop(stop)} />
        </div>
      )}
    </div>
  )
}

/** What it holds up: one line, or more or less than one. */
function Scope({ stop: { scope, stream } }: { readonly stop: StopOnBoard }) {
  if (scope === 'all') return <strong>every line</strong>
  const [kind, , last] = scope.split('/')
  return (
    <strong>
      {stream === '*' ? (
        'every service'
      ) : (
        <Link data-move href={lineHref(stream)}>
          {stream}
        </Link>
      )}
      {last !== undefined && `, ${kind} ${last}`}
    </strong>
  )
}

function People({ stop }: { readonly stop: StopOnBoard }) {
  const acting = useMay('operate')
  const { owner, helpers, since } = stop
  return (
    <p className="stop-people">
      {owner === null ? <span className="signal-stop stop-nobody">nobody leads yet</span> : <>led by {owner}</>}
      {helpers.length === 0 ? (
        <span className="soft">nobody has joined</span>
      ) : (
        <span>joined: {helpers.map(({ who, at }) => `${who} (after ${duration(Date.parse(at) - Date.parse(since))})`).join(', ')}</span>
      )}
      {acting && <ActionButton className="small quiet" label={owner === null ? 'Lead…' : 'Hand over…'} action={ownStop(stop)} />}
    </p>
  )
}

function Notes({ stop: { notes } }: { readonly stop: StopOnBoard }) {
  if (notes.length === 0) return null
  return (
    <ul className="stop-notes" aria-label="What was found out">
      {notes.map(({ by, at, text }) => (
        <li key={at + text}>
          <span className="soft">
            {timeOfDay(at)} {by}:
          </span>{' '}
          {text}
        </li>
      ))}
    </ul>
  )
}

const evidences: Readonly<Record<string, string>> = {
  person: 'by decision',
  fix: 'by its fix',
  revert: 'by a revert',
  decided: 'the checks decided',
}

/** The latest that ended: how long, and by what. */
function Over({ stops }: { readonly stops: readonly StopOnBoard[] }) {
  return (
    <section aria-labelledby="over-title">
      <h2 id="over-title" className="over-title">
        Ended lately
      </h2>
      <ol className="over" aria-label="Stops that ended">
        {stops.map((stop) => (
          <li key={stop.id}>
            <Mark state="verified" worded size={14} />
            <span className="over-what">
              <strong>{stop.reason}</strong>
              <span className="soft">
                {stop.scope === 'all' ? 'every line' : stop.stream}, {causeOf(stop.cause)}
                {stop.falseStop?.verdict === true && ', a false stop'}
              </span>
            </span>
            <span className="soft">
              {evidences[stop.ended?.evidence ?? ''] ?? ''} {stop.ended !== null && `(${stop.ended.by})`}
            </span>
            <span className="over-took">{duration(stop.ageMs)}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** Stopping must cost nothing: one key, what, why. */
function Pull() {
  const acting = useMay('operate')
  const { data } = useEstate()
  const [open, setOpen] = useState(false)
  useShortcut('s', 'stop a line', () => setOpen(true))
  if (!acting) return null
  return (
    <>
      <button type="button" className="button stop" onClick={() => setOpen(true)} aria-haspopup="dialog">
        <Icon name="hand" />
        Stop a line…
      </button>
      {open && <ActionDialog action={stopScope(data ?? [])} onClose={() => setOpen(false)} />}
    </>
  )
}
