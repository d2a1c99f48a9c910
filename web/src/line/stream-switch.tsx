import { Link } from 'wouter'
import type { StreamView } from '../api/types.ts'

/** Value streams to choose from, each with its lamp; what is stopped is seen also when another one is shown. */
export function StreamSwitch({ streams, current }: { readonly streams: readonly StreamView[]; readonly current: string }) {
  if (streams.length === 1) return <p className="stream-name">{current}</p>
  return (
    <nav className="streams" aria-label="Value streams">
      {streams.map(({ stream, line }) => (
        <Link
          key={stream}
          href={`/?stream=${encodeURIComponent(stream)}`}
          className={`stream stream-${line.status}`}
          aria-current={stream === current ? 'page' : undefined}
        >
          <i aria-hidden="true" />
          {stream}
          {line.status === 'stopped' && <span className="stream-word">stopped</span>}
        </Link>
      ))}
    </nav>
  )
}
