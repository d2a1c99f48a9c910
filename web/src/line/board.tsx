import { useRef } from 'react'
import type { StreamView } from '../api/types.ts'
import { CandidateStation, CommitStation } from './first-stations.tsx'
import { columnsOf, edgesOf, trainsOf } from './layout.ts'
import { useRails } from './measure.ts'
import { StageStation } from './stage-station.tsx'
import { Track } from './track.tsx'
import { Trains } from './trains.tsx'

/** The value stream from left to right: rails, stations with what runs and waits there, deliveries moving along. */
export function Board({ view }: { readonly view: StreamView }) {
  const columns = columnsOf(view.stages)
  return <BoardOf key={columns.map((column) => column.map((stage) => stage.name).join()).join(';')} view={view} columns={columns} />
}

function BoardOf({ view, columns }: { readonly view: StreamView; readonly columns: ReturnType<typeof columnsOf> }) {
  const board = useRef<HTMLDivElement>(null)
  const rails = useRails(board)
  const stopped = view.line.status === 'stopped'
  return (
    <section className="board-scroll" aria-label="From commit to production">
      <div className={stopped ? 'board board-stopped' : 'board'} ref={board} style={{ '--stages': columns.length } as React.CSSProperties}>
        {rails !== undefined && <Track rails={rails} edges={edgesOf(view.stages)} stopped={stopped} />}
        <div className="column">
          <CommitStation view={view} />
        </div>
        <div className="column">
          <CandidateStation view={view} />
        </div>
        {columns.map((column) => (
          <div className="column" key={column.map((stage) => stage.name).join()}>
            {column.map((stage) => (
              <StageStation key={stage.name} stage={stage} view={view} />
            ))}
          </div>
        ))}
        {rails !== undefined && <Trains trains={trainsOf(view)} rails={rails} />}
      </div>
    </section>
  )
}
