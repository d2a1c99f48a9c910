import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { DeliveryKeys, KeysBoard, StreamKeysDetail } from '../api/types.ts'
import { useKept } from './use-kept.ts'
import { showRows } from './figures.tsx'
import { NoData, timeOf } from './flow-row.tsx'
import { Explained } from './term.tsx'
import { few, limits, percent, plural } from './words.ts'

type Definitions = KeysBoard['definitions']
const names: Record<keyof Definitions, readonly [string, string]> = {
  frequency: ['Deployment frequency', 'deployments to the last environment a week'],
  lead: ['Change lead time', 'half of the versions had arrived'],
  failRate: ['Change fail rate', 'share of deployments that brought a failure'],
  recovery: ['Recovery time', 'from when a failure began until it was over, half of them'],
  rework: ['Rework rate', 'share of deployments made because of a failure'],
}

/** The five keys of one stream. */
export function KeysPanel({
  stream,
  query,
  rows,
}: {
  readonly stream: string
  readonly query: string
  /** Where the rows of a number are. */ readonly rows: (show: string) => string
}) {
  const { data } = useQuery<StreamKeysDetail>(`/api/keys/${encodeURIComponent(stream)}?${query}`)
  if (data === undefined) return null
  return (
    <section id="keys" className="panel flow-panel" aria-label="The five keys">
      <h2>The five keys</h2>
      <p className="soft flow-told">
        {knownTold(data.known)} A failure counts on each deployment with the probability that it came of it.{' '}
        <Link href={rows('failures')} onClick={showRows}>
          Failures and what they came of
        </Link>
      </p>
      <Keys keys={data} definitions={data.definitions} rows={rows} fromCommits={data.leadFrom === 'commit'} />
    </section>
  )
}

/** The five keys of all streams together. */
export function EstateKeys({ query }: { readonly query: string }) {
  const { data, problem } = useKept(useQuery<KeysBoard>(`/api/keys?${query}`), 'keys')
  // The place is kept, so that nothing moves when they come.
  if (data === undefined) return problem === undefined ? <div className="estate-keys figures" aria-hidden="true" /> : null
  if (data.streams.length === 0) return null
  return (
    <section className="estate-keys" aria-label="The five keys of all streams">
      <Keys keys={data.estate} definitions={data.definitions} />
    </section>
  )
}

const kindWords = { incident: 'incidents', back: 'deployments that went back', failed: 'deployments that failed' }

function knownTold(known: KeysBoard['known']): string {
  return known.length === 0
    ? 'Nobody ever told of a failure, so nothing is said of failing.'
    : `Known of failures: ${known.map((kind) => kindWords[kind]).join(', ')}.`
}

type KeysProps = {
  readonly keys: DeliveryKeys
  readonly definitions: Definitions
  readonly rows?: (show: string) => string
  /** Lead time is of changes, from their first commit. */ readonly fromCommits?: boolean
}

function Keys({ keys, definitions, rows, fromCommits = false }: KeysProps) {
  const { frequency, lead, failRate, recovery, rework } = keys
  return (
    <dl className="figures keys">
      <Key
        of="frequency"
        definitions={definitions}
        href={rows?.('deployments')}
        sub={frequency && `${plural(frequency.deployments, 'deployment')}, on ${plural(frequency.activeDays, 'day')}`}
      >
        {frequency && `${few(frequency.perWeek)} / wk`}
      </Key>
      <Key
        of="lead"
        definitions={definitions}
        href={rows?.(fromCommits ? 'changes' : 'versions')}
        short={fromCommits ? 'half of the changes were there, from their first commit' : undefined}
        sub={lead && `${limits(lead.p50) ?? ''} · p95 ${timeOf(lead.p95.value)}`}
      >
        {lead && timeOf(lead.p50.value)}
      </Key>
      <Key of="failRate" definitions={definitions} href={rows?.('failures')} sub={shareTold(failRate)}>
        {failRate && percent(failRate.share)}
      </Key>
      <Key
        of="recovery"
        definitions={definitions}
        href={rows?.('failures')}
        sub={
          recovery &&
          `${recovery.ended} of ${plural(recovery.count, 'failure')} over${recovery.p50.low === null ? '' : `, ${limits(recovery.p50) ?? ''}`}`
        }
      >
        {recovery && timeOf(recovery.p50.value)}
      </Key>
      <Key of="rework" definitions={definitions} href={rows?.('failures')} sub={shareTold(rework)}>
        {rework && percent(rework.share)}
      </Key>
    </dl>
  )
}

const shareTold = (share: DeliveryKeys['failRate']) =>
  share && `${few(share.expected)} of ${share.of}, ${percent(share.low)} – ${percent(share.high)}`

type KeyProps = {
  readonly of: keyof Definitions
  readonly definitions: Definitions
  readonly href: string | undefined
  /** Instead of what is usually said of it. */
  readonly short?: string | undefined
  readonly sub: string | null
  readonly children: ReactNode
}

function Key({ of, definitions, href, sub, short, children }: KeyProps) {
  const [name, usual] = names[of]
  return (
    <div className="figure">
      <dt>
        <Explained what={definitions[of]}>{name}</Explained>
      </dt>
      <dd>
        {children === null || href === undefined ? (
          <span className="figure-value">{children ?? <NoData />}</span>
        ) : (
          <Link className="figure-value" href={href} title="the rows behind it" onClick={showRows}>
            {children}
          </Link>
        )}
        <span className="figure-sub">{sub}</span>
        <span className="figure-told">{short ?? usual}</span>
      </dd>
    </div>
  )
}
