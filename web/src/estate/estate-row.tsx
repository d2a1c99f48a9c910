import { memo } from 'react'
import { Link } from 'wouter'
import type { EstateRow, EstateStage } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { lineHref, short } from '../piece/digest.tsx'
import { Mark } from '../piece/mark.tsx'
import { signalOf, wordFor } from '../piece/state.ts'
import { isForPerson, standingMarks, standingWords, type Standing } from './rows.ts'

type Props = { readonly row: EstateRow; readonly standing: Standing; readonly top: number; readonly index: number }

/** One service in one row: its line, what runs where, what waits, what production does not have, how deliveries ended. */
export const EstateRowView = memo(function EstateRowView({ row, standing, top, index }: Props) {
  const { stream, latest } = row
  return (
    <div
      className={`page-row estate-row standing-${standing}`}
      role="row"
      aria-rowindex={index}
      data-stream={stream}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div className="estate-name" role="cell">
        <Mark state={standingMarks[standing]} worded size={18} />
        <span className="estate-words">
          <Link className="page-link estate-link" data-move href={lineHref(stream)}>
            {stream}
          </Link>
          <span className="sr">{standingWords[standing]}</span>
          <span className="soft estate-latest" title={`${latest.summary}, by ${latest.author}`}>
            <span className="mono">{short(latest.commit)}</span> {latest.summary}
          </span>
        </span>
      </div>
      <Strip stages={row.stages} stopped={standing === 'stopped'} />
      <Waits row={row} />
      <Beyond row={row} />
      <History row={row} />
    </div>
  )
}, same)

/** The standing follows from the row, and rows that did not change stay the same objects (api/estate.ts). */
function same(a: Props, b: Props): boolean {
  return a.top === b.top && a.index === b.index && a.row === b.row
}

const stateWords = { absent: 'not there', starting: 'starting', ready: 'ready', unhealthy: 'unhealthy', stopped: 'stopped' }

/** The stages as a small line. What runs ahead of production stands out from what is the same. */
function Strip({ stages, stopped }: { readonly stages: readonly EstateStage[]; readonly stopped: boolean }) {
  const live = stages.findLast(({ production, running }) => production && running !== null)?.running?.commit
  return (
    <ol className={stopped ? 'strip strip-stopped' : 'strip'} role="cell" aria-label="What runs where">
      {stages.map((stage) => {
        const { name, running, active, state } = stage
        const ahead = running !== null && running.commit !== live
        return (
          <li key={name} className={running === null ? 'strip-stage strip-none' : ahead ? 'strip-stage strip-ahead' : 'strip-stage'}>
            <span className="strip-name">
              {name}
              {active !== null && <Mark state={active} size={12} />}
              {state === 'unhealthy' && <span className="signal-stop strip-word">{stateWords[state]}</span>}
            </span>
            {running === null ? (
              <span className="soft">{stage.environment === null ? 'checks' : 'nothing yet'}</span>
            ) : (
              <span title={`${running.summary}, by ${running.author}`}>
                <span className="mono">{short(running.commit)}</span> <Age since={running.since} />
              </span>
            )}
          </li>
        )
      })}
    </ol>
  )
}

/** The stop, or the longest wait, and for how long. */
function Waits({ row: { stops, waits } }: { readonly row: EstateRow }) {
  const [stop] = stops
  const wait = waits.find(isForPerson) ?? waits[0]
  const more = stops.length + waits.length - 1
  const what =
    stop === undefined
      ? wait && { signal: isForPerson(wait) ? 'wait' : 'idle', text: wait.why, since: wait.since }
      : { signal: 'stop', text: stop.reason, since: stop.since }
  return (
    <div className="estate-waits" role="cell">
      {what !== undefined && (
        <p className={`signal-${what.signal}`} title={what.text}>
          <span className="estate-why">{what.text}</span>
          <span className="estate-since">
            <span className="wide">{stop === undefined ? 'waits ' : 'stopped for '}</span>
            <Age since={what.since} />
            {more > 0 && <span className="soft wide"> and {more} more</span>}
          </span>
        </p>
      )}
    </div>
  )
}

function Beyond({ row: { beyond } }: { readonly row: EstateRow }) {
  return (
    <div className="estate-beyond" role="cell">
      {beyond === null ? (
        <span className="soft">not in production</span>
      ) : beyond.changes === 0 ? (
        <span className="soft">up to date</span>
      ) : (
        <>
          <strong>{beyond.changes >= 1000 ? '1000+' : beyond.changes}</strong> {beyond.changes === 1 ? 'change' : 'changes'}
          <span className="soft">
            oldest <Age since={beyond.since} />
          </span>
        </>
      )}
    </div>
  )
}

/** The latest deliveries as bars, oldest first; height says it as well as colour. */
function History({ row: { recent, failure } }: { readonly row: EstateRow }) {
  const failures = recent.filter((state) => state === 'failed').length
  return (
    <div className="estate-history" role="cell">
      <span className="bars" role="img" aria-label={`${failures} of the latest ${recent.length} deliveries failed`}>
        {recent.toReversed().map((state, at) => (
          <i key={at} className={`bar bar-${state} signal-${signalOf(state)}`} title={wordFor(state)} />
        ))}
      </span>
      {failure !== null && (
        <span className="soft" title={failure.message ?? failure.summary}>
          failed <Age since={failure.at} /> ago
        </span>
      )}
    </div>
  )
}
