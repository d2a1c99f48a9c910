import { Link, useParams } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { StreamView } from '../api/types.ts'
import { decoded } from '../piece/digest.tsx'
import { Failed, Loading } from '../shell/notice.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Board } from './board.tsx'
import { Deliveries } from './deliveries.tsx'
import { LineState } from './line-state.tsx'
import './line.css'

/** `/lines/:stream`: one value stream, whole. */
export function LinePage() {
  const { stream = '' } = useParams()
  return <LineOf stream={decoded(stream)} among />
}

/** @param among - there are others, so that it says whose line it is and leads back to all of them */
export function LineOf({ stream, among = false }: { readonly stream: string; readonly among?: boolean }) {
  const { data: view, problem } = useQuery<StreamView>(`/api/streams/${encodeURIComponent(stream)}`)
  useTitle(titleOf(view))
  if (view === undefined) return problem === undefined ? <Loading what="the line" /> : <Failed what="line" problem={problem} />
  return (
    <>
      <p className="stream-name">
        {among && (
          <>
            <Link href="/">Services</Link> <span aria-hidden="true">/</span>{' '}
          </>
        )}
        <strong title={view.repository ?? undefined}>{view.stream}</strong>{' '}
        <Link className="stream-flow" href={`/flow/${encodeURIComponent(view.stream)}`}>
          How it flows
        </Link>
      </p>
      <LineState key={view.stream} view={view} />
      <Board view={view} />
      <Deliveries runs={view.runs} stages={view.stages} />
    </>
  )
}

function titleOf(view: StreamView | undefined): string {
  if (view === undefined) return 'Threeways'
  if (view.line.status === 'stopped') return `STOPPED: ${view.line.stops[0]?.reason ?? view.stream} · ${view.stream}`
  return `Line open · ${view.stream}`
}
