import { useState } from 'react'
import { Link } from 'wouter'
import { useAsker, useMay } from '../api/rights.ts'
import type { StopView, StreamView } from '../api/types.ts'
import { ActionButton, ActionDialog } from '../piece/action.tsx'
import { Age } from '../piece/age.tsx'
import { CopyButton } from '../piece/copy-button.tsx'
import { DigestLink, short } from '../piece/digest.tsx'
import { Icon } from '../piece/icon.tsx'
import { hasEnded } from '../piece/state.ts'
import { dayOf, timeOfDay } from '../piece/time.ts'
import { useShortcut } from '../shell/keyboard.ts'
import { deliver, endStop, stopLine } from './actions.tsx'
import { causeOf } from './causes.ts'
import { SignalHead } from './signal-head.tsx'

/** Open or stopped: the loudest thing on the page. */
export function LineState({ view }: { readonly view: StreamView }) {
  const [stopping, setStopping] = useState(false)
  useShortcut('s', 'stop the line', () => setStopping(true))
  const stopped = view.line.status === 'stopped'
  return (
    <section className={stopped ? 'line-state line-stopped' : 'line-state'} aria-label="State of the line">
      <div className="line-head">
        <SignalHead aspect={stopped ? 'stop' : 'clear'} />
        <div className="line-words" role="status" aria-live={stopped ? 'assertive' : 'polite'}>
          <h1>{stopped ? 'Line stopped' : 'Line open'}</h1>
          <p>{stopped ? 'Nothing is promoted but the fix. What runs keeps running.' : underWay(view)}</p>
        </div>
        <LineButtons view={view} stopped={stopped} onStop={() => setStopping(true)} />
      </div>
      {stopped && (
        <ul className="stops" aria-label="Open stops">
          {view.line.stops.map((stop) => (
            <Stop key={stop.id} stop={stop} others={view.line.stops.length - 1} />
          ))}
        </ul>
      )}
      {stopping && <ActionDialog action={stopLine(view.stream)} onClose={() => setStopping(false)} />}
    </section>
  )
}

function LineButtons({ view, stopped, onStop }: { readonly view: StreamView; readonly stopped: boolean; readonly onStop: () => void }) {
  const asker = useAsker()
  const delivers = useMay('deliver')
  const operates = useMay('operate')
  if (asker === undefined) return null
  return (
    <div className="line-buttons">
      {delivers && <ActionButton label="Deliver…" action={deliver(view.repository)} />}
      {operates ? (
        <button type="button" className={stopped ? 'button' : 'button stop'} onClick={onStop} aria-haspopup="dialog">
          <Icon name="hand" />
          {stopped ? 'Add a stop…' : 'Stop the line…'}
        </button>
      ) : (
        <p className="soft">
          The token “{asker.name}” is good for {asker.scopes.join(', ') || 'nothing'}: it may not stop the line.
        </p>
      )}
    </div>
  )
}

/** One calm sentence about an open line. */
function underWay(view: StreamView): string {
  const active = view.runs.filter((run) => !hasEnded(run.state))
  const asking = active.filter((run) => run.state === 'waiting' || run.state === 'needs-attention').length
  if (active.length === 0) return 'Nothing is under way.'
  const deliveries = `${active.length} ${active.length === 1 ? 'delivery' : 'deliveries'} under way`
  if (asking === 0) return `${deliveries}.`
  return active.length === asking ? `${deliveries}, waiting.` : `${deliveries}, ${asking} waiting.`
}

const longAgoMs = 20 * 3_600_000

function stoppedAt({ since }: StopView): string {
  return Date.now() - Date.parse(since) > longAgoMs ? `${timeOfDay(since)} on ${dayOf(since)}` : timeOfDay(since)
}

function Stop({ stop, others }: { readonly stop: StopView; readonly others: number }) {
  const acting = useMay('operate')
  const trailer = `Fixes-Stop: ${stop.id}`
  return (
    <li className="stop-order">
      <div className="stop-why">
        <p className="stop-reason">{stop.reason}</p>
        <p>
          Stopped at {stoppedAt(stop)} by {stop.by}
          {stop.cause !== 'person' && `, ${causeOf(stop.cause)}`}
          {stop.commit !== null && stop.run !== null && (
            <>
              {' · '}
              <Link data-move href={`/runs/${stop.run}`}>
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
      </div>
      <p className="stop-clock">
        <Age since={stop.since} form="clock" />
        <span>stopped</span>
      </p>
      <div className="stop-fix">
        <p>Only a commit that carries this line in its message passes:</p>
        <p className="stop-trailer">
          <code>{trailer}</code>
          <CopyButton text={trailer} what="the line for the fixing commit" />
        </p>
      </div>
      {acting && (
        <ActionButton className="stop-start" label={others > 0 ? 'End this stop…' : 'Start the line…'} action={endStop(stop, others)} />
      )}
    </li>
  )
}
