import { Link } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { DeliveryKeys, KeysBoard, StreamKeysDetail } from '../api/types.ts'
import { Figure } from './figure.tsx'
import { timeOf } from './flow-row.tsx'
import { useLinks, type Links } from './links.ts'
import { Explained } from './term.tsx'
import { useKept } from './use-kept.ts'
import { few, limits, paceOf, percent, plural } from './words.ts'

type Definitions = KeysBoard['definitions']
const names: Record<keyof Definitions, readonly [string, string]> = {
  frequency: ['Deployment frequency', 'deployments to the last environment a week'],
  lead: ['Change lead time', 'half of the versions had arrived'],
  failRate: ['Change fail rate', 'share of deployments that brought a failure'],
  recovery: ['Recovery time', 'from when a failure began until it was over, half of them'],
  rework: ['Rework rate', 'share of deployments made because of a failure'],
}

/** The five keys of one stream. */
export function KeysPanel({ stream, query }: { readonly stream: string; readonly query: string }) {
  const { data } = useQuery<StreamKeysDetail>(`/api/keys/${encodeURIComponent(stream)}?${query}`)
  const links = useLinks(stream)
  if (data === undefined) return null
  return (
    <section id="keys" className="panel flow-panel" aria-label="The five keys">
      <h2>The five keys</h2>
      <p className="soft flow-told">
        {knownTold(data.known)} A failure counts on each deployment with the probability that it came of it.{' '}
        <Link href={links.rows('failures')}>Failures and what they came of</Link> ·{' '}
        <Link href={links.view('recovery')}>How they are mended</Link>
      </p>
      <Keys keys={data} definitions={data.definitions} hrefs={hrefsOf(links, data.leadFrom)} fromCommits={data.leadFrom === 'commit'} />
    </section>
  )
}

type EstateKeysProps = {
  readonly query: string
  /** Only of its streams; undefined: of all. */
  readonly team?: string | undefined
  /** Where the streams stand in the order of a column. */
  readonly sortBy: (column: 'perWeek' | 'p50' | 'back') => string
  /** Where it stands how failures of each are mended. */
  readonly recovery: string
}

/** The five keys of all streams together; each leads to the streams that make it. */
export function EstateKeys({ query, team, sortBy, recovery }: EstateKeysProps) {
  const { data, problem } = useKept(useQuery<KeysBoard>(`/api/keys?${query}`), 'keys')
  // The place is kept, so that nothing moves when they come.
  if (data === undefined) return problem === undefined ? <div className="estate-keys figures" aria-hidden="true" /> : null
  if (data.streams.length === 0) return null
  return (
    <section className="estate-keys" aria-label={team === undefined ? 'The five keys of all streams' : `The five keys of ${team}`}>
      <Keys
        keys={data.estate}
        definitions={data.definitions}
        hrefs={{ frequency: sortBy('perWeek'), lead: sortBy('p50'), failRate: sortBy('back'), recovery }}
      />
    </section>
  )
}

const kindWords = { incident: 'incidents', back: 'deployments that went back', failed: 'deployments that failed' }

export function knownTold(known: KeysBoard['known']): string {
  return known.length === 0
    ? 'Nobody ever told of a failure, so nothing is said of failing.'
    : `Known of failures: ${known.map((kind) => kindWords[kind]).join(', ')}.`
}

type Hrefs = Readonly<Partial<Record<keyof Definitions, string>>>

const hrefsOf = ({ rows, view }: Links, leadFrom: StreamKeysDetail['leadFrom']): Hrefs => ({
  frequency: rows('deployments'),
  lead: rows(leadFrom === 'commit' ? 'changes' : 'versions'),
  failRate: rows('deployments', { only: 'failed' }),
  recovery: view('recovery'),
  rework: rows('deployments', { only: 'rework' }),
})

type KeysProps = {
  readonly keys: DeliveryKeys
  readonly definitions: Definitions
  /** Where each of them leads. */
  readonly hrefs: Hrefs
  /** Lead time is of changes, from their first commit. */
  readonly fromCommits?: boolean
}

function Keys({ keys: { frequency, lead, failRate, recovery, rework }, definitions, hrefs, fromCommits = false }: KeysProps) {
  const usual = (of: keyof Definitions) => ({ name: <Explained what={definitions[of]}>{names[of][0]}</Explained>, told: names[of][1] })
  return (
    <dl className="figures keys">
      <Figure
        {...usual('frequency')}
        href={hrefs.frequency}
        sub={frequency && `${plural(frequency.deployments, 'deployment')}, on ${plural(frequency.activeDays, 'day')}`}
      >
        {frequency && (frequency.perWeek === null ? paceOf(null) : `${few(frequency.perWeek)} / wk`)}
      </Figure>
      <Figure
        {...usual('lead')}
        {...(fromCommits ? { told: 'half of the changes were there, from their first commit' } : {})}
        href={hrefs.lead}
        sub={lead && said(limits(lead.p50), `p95 ${timeOf(lead.p95.value)}`)}
      >
        {lead && timeOf(lead.p50.value)}
      </Figure>
      <Figure {...usual('failRate')} href={hrefs.failRate} sub={shareTold(failRate)}>
        {failRate && percent(failRate.share)}
      </Figure>
      <Figure {...usual('recovery')} href={hrefs.recovery} sub={recovery && overTold(recovery)}>
        {recovery && timeOf(recovery.p50.value)}
      </Figure>
      <Figure {...usual('rework')} href={hrefs.rework} sub={shareTold(rework)}>
        {rework && percent(rework.share)}
      </Figure>
    </dl>
  )
}

const overTold = ({ ended, count, p50 }: NonNullable<DeliveryKeys['recovery']>) =>
  said(`${ended} of ${plural(count, 'failure')} over`, p50.low === null ? undefined : limits(p50))

/** What there is of it, side by side. */
const said = (...parts: readonly (string | undefined)[]) => parts.filter((part) => part !== undefined && part !== '').join(' · ')

const shareTold = (share: DeliveryKeys['failRate']) =>
  share && `${few(share.expected)} of ${share.of}, ${percent(share.low)} – ${percent(share.high)}`
