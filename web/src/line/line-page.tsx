import { useState } from 'react'
import { useSearchParams } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { StreamView } from '../api/types.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Board } from './board.tsx'
import { Deliveries } from './deliveries.tsx'
import { Empty } from './empty.tsx'
import { LineState } from './line-state.tsx'
import { StreamSwitch } from './stream-switch.tsx'
import './line.css'

/** `/`: one value stream, whole. `?stream=` chooses among several; a stopped one comes first. */
export function LinePage() {
  const { data, problem } = useQuery<{ readonly streams: readonly StreamView[] }>('/api/streams')
  const [search] = useSearchParams()
  const streams = data?.streams ?? []
  const [first, setFirst] = useState<string>()
  // Chosen once: a line that stops later must not take the place of the one that is read.
  if (first === undefined && streams[0] !== undefined) setFirst((streams.find(isStopped) ?? streams[0]).stream)
  const wanted = search.get('stream') ?? first
  const view = streams.find(({ stream }) => stream === wanted) ?? streams[0]
  useTitle(titleOf(view))
  if (data === undefined) return problem === undefined ? <Loading what="the line" /> : <Failed what="line" problem={problem} />
  if (view === undefined) return <Empty />
  return (
    <>
      <StreamSwitch streams={streams} current={view.stream} />
      <LineState key={view.stream} view={view} />
      <Board view={view} />
      <Deliveries runs={view.runs} stages={view.stages} />
    </>
  )
}

const isStopped = (view: StreamView) => view.line.status === 'stopped'

function titleOf(view: StreamView | undefined): string {
  if (view === undefined) return 'Threeways'
  if (isStopped(view)) return `STOPPED: ${view.line.stops[0]?.reason ?? view.stream} · ${view.stream}`
  return `Line open · ${view.stream}`
}
