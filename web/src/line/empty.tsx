import { Link } from 'wouter'
import { useQuery } from '../api/query.ts'
import { useMay } from '../api/rights.ts'
import { ActionButton } from '../piece/action.tsx'
import { FirstSteps } from '../piece/first-steps.tsx'
import { deliver } from './actions.tsx'

const steps = [
  { name: 'threeways init', does: 'writes threeways.yaml from what your repository has, and says what it guessed' },
  { name: 'threeways deliver', does: 'takes the latest commit and brings it to production here' },
]

/** Nothing was delivered yet: what to type, and where it will show. */
export function Empty() {
  const acting = useMay('deliver')
  return (
    <section className="empty">
      <EmptyTrack />
      <h1>No commit has travelled here yet</h1>
      <Elsewhere />
      <p className="soft">Go to a git repository and deliver its first commit. It shows on this page as soon as it leaves.</p>
      <FirstSteps steps={steps} />
      {acting && <ActionButton className="strong" label="Deliver from the server's folder…" action={deliver(null)} />}
    </section>
  )
}

/** What others deliver and told of: it is no line here, and there is a page of it. */
function Elsewhere() {
  const { data } = useQuery<{ readonly streams: readonly unknown[] }>('/api/flow')
  const count = data?.streams.length ?? 0
  if (count === 0) return null
  return (
    <p>
      What is delivered elsewhere is on the page of flow:{' '}
      <Link href="/flow">{count === 1 ? 'one value stream is known' : `${count} value streams are known`}</Link>.
    </p>
  )
}

function EmptyTrack() {
  const stops = ['commit', 'candidate', 'dev', 'test', 'production']
  return (
    <svg className="empty-track" viewBox="0 0 600 70" role="img" aria-label="From commit over candidate, dev and test to production">
      <path d="M40 26H560" />
      {stops.map((stop, index) => (
        <g key={stop} transform={`translate(${40 + index * 130} 26)`}>
          <circle r="7" />
          <text y="34" textAnchor="middle">
            {stop}
          </text>
        </g>
      ))}
    </svg>
  )
}
