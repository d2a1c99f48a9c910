import { Link } from 'wouter'
import { short } from '../piece/digest.tsx'
import { Mark } from '../piece/mark.tsx'
import type { Train } from './layout.ts'
import type { Rails } from './measure.ts'
import { uprightX } from './track.tsx'

const trainWidth = 104
const room = 8

/** Share of the station's rail a train has behind it. */
const places = { waiting: 0.05, running: 0.5, failed: 0.5, through: 1 } as const
const marks = { waiting: 'waiting', running: 'running', failed: 'failed', through: 'verified' } as const

type Placed = { readonly train: Train; readonly x: number; readonly y: number; readonly small: boolean }

/** Trains at one station keep their order and never stand on each other. Pure. */
function place(trains: readonly Train[], rails: Rails): readonly Placed[] {
  const stations = Map.groupBy(trains, (train) => train.station)
  return [...stations].flatMap(([station, here]) => {
    const rail = rails.byStation[station]
    if (rail === undefined) return []
    const ordered = here.toSorted((a, b) => places[b.state] - places[a.state] || a.run.queuedAt.localeCompare(b.run.queuedAt))
    if (rails.upright) {
      return ordered.map((train, index) => ({ train, x: uprightX - 9, y: rail.y + 26 + index * 24, small: true }))
    }
    const [from, to] = [rail.left + 22, rail.right - 14]
    const small = ordered.length * (trainWidth + room) > to - from
    const width = small ? 22 : trainWidth
    let limit = to - width
    return ordered.map((train, index) => {
      const roomBehind = (ordered.length - 1 - index) * (width + room)
      const x = Math.max(from + roomBehind, Math.min(limit, from + (to - width - from) * places[train.state]))
      limit = x - width - room
      return { train, x, y: rail.y - 12, small }
    })
  })
}

/**
 * Deliveries as trains on the rails: seen moving from station to station. The stations' cards say the same in words, so these
 * are for the eye and the mouse.
 */
export function Trains({ trains, rails }: { readonly trains: readonly Train[]; readonly rails: Rails }) {
  const placed = place(trains, rails).toSorted((a, b) => a.train.run.id.localeCompare(b.train.run.id))
  const seen = new Map<string, number>()
  return (
    <div className="trains" aria-hidden="true">
      {placed.map(({ train, x, y, small }) => {
        const part = seen.get(train.run.id) ?? 0
        seen.set(train.run.id, part + 1)
        const { run, state } = train
        return (
          <Link
            key={`${run.id}/${part}`}
            href={`/runs/${run.id}`}
            tabIndex={-1}
            className={`train train-${state}${small ? ' train-small' : ''}`}
            style={{ transform: `translate(${x}px, ${y}px)` }}
            title={run.summary}
          >
            <Mark state={marks[state]} worded />
            {!small && <span className="mono">{short(run.commit)}</span>}
          </Link>
        )
      })}
    </div>
  )
}
