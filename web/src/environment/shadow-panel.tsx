import { useQuery } from '../api/query.ts'
import type { ShadowView } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { DigestLink } from '../piece/digest.tsx'
import { Rehearsed } from '../piece/rehearsed.tsx'

/** What copies of real requests showed of the candidate that gets them here; nothing where none are copied. */
export function ShadowPanel({ stream, environment }: { readonly stream: string; readonly environment: string }) {
  const { data } = useQuery<{ readonly shadows: readonly ShadowView[] }>(`/api/streams/${encodeURIComponent(stream)}/shadows`)
  const shadow = data?.shadows.find((one) => one.environment === environment)
  if (shadow === undefined) return null
  const { candidate, from, share, methods, since, demandedBy, timeouts, dropped, oversized } = shadow
  return (
    <section className="panel" aria-label="Copies of requests">
      <h2>Requests of {from}, copied here</h2>
      <Rehearsed said={shadow}>
        {Number((share * 100).toPrecision(3))} % of {methods.join(', ')} to {from}, copied to <DigestLink digest={candidate} />
        {since === null ? (
          '; nothing serves there yet'
        ) : (
          <>
            , since what serves there does, <Age since={since} /> ago
          </>
        )}
        {timeouts > 0 && `; ${timeouts} took too long`}
        {dropped > 0 && `; ${dropped} were left out`}
        {oversized > 0 && `; ${oversized} were too large`}.{' '}
        {demandedBy === null ? 'No stage asks for this.' : `Enters ${demandedBy} only when it is ready.`}
      </Rehearsed>
    </section>
  )
}
