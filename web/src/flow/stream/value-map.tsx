import { Link } from 'wouter'
import { useEstate } from '../../api/estate.ts'
import type { ChangesView, StreamFlowPicture } from '../../api/types.ts'
import { Icon } from '../../piece/icon.tsx'
import { useLinks, type Links } from '../links.ts'
import { few, limits, percent, plural, span } from '../words.ts'
import './value-map.css'

type Station = StreamFlowPicture['stations'][number]
type Leg = StreamFlowPicture['legs'][number]

/** The last is what is measured to anyway. */
const toOf = ({ flow: { order } }: StreamFlowPicture, environment: string) => (environment === order.at(-1) ? {} : { to: environment })

const minuteMs = 60_000
/** As wide as its time on a scale of logarithms; what nobody knows is as wide as a minute. */
const weightOf = ({ p50, versions }: Pick<Leg, 'p50' | 'versions'>) =>
  1 + Math.log10(1 + (versions === 0 ? 0 : (p50.value ?? 28 * 1440 * minuteMs)) / minuteMs)

/** Where half of the versions wait so much longer than anywhere else that nobody takes it for chance. */
function longestOf(legs: readonly Leg[]): Leg | undefined {
  const timeOf = ({ p50 }: Leg) => p50.value ?? Number.POSITIVE_INFINITY
  const [first, second] = legs.filter(({ versions }) => versions > 0).toSorted((a, b) => timeOf(b) - timeOf(a))
  return first !== undefined && second !== undefined && timeOf(first) > 1.5 * timeOf(second) ? first : undefined
}

type Released = NonNullable<ChangesView['released']>
type Props = {
  readonly picture: StreamFlowPicture
  /** When users got what flags hide; undefined: none hides anything, or it is not known yet. */
  readonly released: Released | undefined
}

/** The way of the versions: environments, and how long they wait between them; and of changes behind flags until users got them. */
export function ValueMap({ picture, released }: Props) {
  const { rows } = useLinks(picture.flow.stream)
  const pageOf = useEnvironments(picture.flow.stream)
  const { stations, legs, closed } = picture
  const gates = closed.filter(({ until }) => until === null)
  const shut = (environment: string | undefined, way: string) =>
    gates.filter((gate) => gate.environment === environment && gate.way === way)
  const slowest = longestOf(legs)
  return (
    <ol className="value-map" aria-label="Way of the versions">
      {stations.map((station, at) => {
        const leg = legs[at - 1]
        const before = stations[at - 1]
        return [
          leg !== undefined && (
            <Way
              key={`${leg.from} ${leg.to}`}
              leg={leg}
              station={station}
              rows={rows}
              isLast={leg.to === picture.flow.order.at(-1)}
              longest={leg === slowest}
              shut={[...shut(before?.environment, 'onwards'), ...shut(station.environment, 'into')]}
            />
          ),
          <Stop
            key={station.environment}
            station={station}
            picture={picture}
            first={at === 0}
            page={pageOf(station.environment)}
            rows={rows}
          />,
        ]
      })}
      {released !== undefined && released.hidden > 0 && <ToUsers released={released} rows={rows} />}
    </ol>
  )
}

/** Only what flags hide: the rest is released with its deployment. */
function ToUsers({ released: of, rows }: { readonly released: Released; readonly rows: Links['rows'] }) {
  const { arrived, released, whole, hidden, withdrawn, killed, withdrawnNow, toFirst } = of
  const all = rows('changes', { in: 'hidden' })
  return (
    <>
      <li
        className={arrived === 0 ? 'map-way map-unknown' : 'map-way'}
        style={{ flexGrow: weightOf({ p50: toFirst.p50, versions: arrived }) }}
        aria-label={`from ${of.in} to released`}
      >
        {arrived === 0 ? (
          <span className="map-time soft">no data</span>
        ) : (
          <span className="map-time">
            <Link href={all}>
              <strong>{toFirst.p50.value === null ? 'never' : span(toFirst.p50.value)}</strong>
            </Link>
            <span className="soft">{limits(toFirst.p50) ?? ''}</span>
          </span>
        )}
        <span className="map-rail" aria-hidden="true">
          {arrived > 0 && <i style={{ width: `${(released / arrived) * 100}%` }} />}
        </span>
        {withdrawn > 0 && (
          <span className="map-return signal-stop">
            <Link href={all}>{withdrawn} taken back</Link>
          </span>
        )}
        <span className="map-told soft">
          {arrived > 0 && (
            <>
              <Link href={all}>
                {released} of {arrived}
              </Link>{' '}
              behind flags released ({percent(released / arrived)})
            </>
          )}
          {killed > 0 && <span>{killed} by the kill switch</span>}
        </span>
      </li>
      <li className="map-stop">
        <strong>released</strong>
        <Link className="soft" href={all}>
          {plural(hidden, 'change')} behind flags
        </Link>
        <span className="soft">{whole} to all users</span>
        {arrived > released && <span className="map-waiting signal-wait">{arrived - released} still hidden</span>}
        {withdrawnNow > 0 && <span className="map-back signal-stop">{withdrawnNow} off now</span>}
      </li>
    </>
  )
}

/** Of what others recorded there are no environments here. */
function useEnvironments(stream: string): (environment: string) => string | undefined {
  const stages = useEstate().data?.find((row) => row.stream === stream)?.stages
  return (environment) =>
    stages?.some((stage) => stage.environment === environment) === true
      ? `/environments/${encodeURIComponent(stream)}/${encodeURIComponent(environment)}`
      : undefined
}

type StopProps = {
  readonly station: Station
  readonly picture: StreamFlowPicture
  readonly first: boolean
  /** Where it is, if it is one of ours. */
  readonly page: string | undefined
  readonly rows: Links['rows']
}

function Stop({ station, picture, first, page, rows }: StopProps) {
  const { environment, deployments, back } = station
  const waiting = picture.ageing.oldest.filter((one) => one.in === environment)
  const isLast = environment === picture.flow.order.at(-1)
  return (
    <li className="map-stop">
      <strong>{page === undefined ? environment : <Link href={page}>{environment}</Link>}</strong>
      <Link className="soft" href={rows('deployments', toOf(picture, environment))}>
        {plural(deployments, 'deployment')}
      </Link>
      {first && back > 0 && (
        <Link className="map-back signal-stop" href={rows('back', toOf(picture, environment))}>
          <Icon name="back" size={13} /> {back} went back
        </Link>
      )}
      {!isLast && waiting.length > 0 && (
        <Link
          className="map-waiting signal-wait"
          title="versions that came here and no further, as of then"
          href={rows('ageing', { in: environment })}
        >
          {waiting.length} waiting here
        </Link>
      )}
    </li>
  )
}

type WayProps = {
  readonly leg: Leg
  readonly station: Station
  readonly rows: Links['rows']
  readonly isLast: boolean
  readonly longest: boolean
  readonly shut: StreamFlowPicture['closed']
}

function Way({ leg, station, rows, isLast, longest, shut }: WayProps) {
  const to = isLast ? {} : { to: leg.to }
  const { versions, reached, p50, p95 } = leg
  const kind = versions === 0 ? 'map-way map-unknown' : longest ? 'map-way map-longest' : 'map-way'
  return (
    <li className={kind} style={{ flexGrow: weightOf(leg) }} aria-label={`from ${leg.from} to ${leg.to}`}>
      {versions === 0 ? (
        <span className="map-time soft">no data</span>
      ) : (
        <span className="map-time">
          <Link href={rows('versions', to)}>
            <strong>{p50.value === null ? 'never' : span(p50.value)}</strong>
          </Link>
          <span className="soft">{limits(p50) ?? ''}</span>
        </span>
      )}
      <span className="map-rail" aria-hidden="true">
        {versions > 0 && <i style={{ width: `${(reached / versions) * 100}%` }} />}
      </span>
      {station.back > 0 && (
        <span className="map-return signal-stop">
          <Link href={rows('back', to)}>{station.back} went back</Link>
        </span>
      )}
      <span className="map-told soft">
        {versions > 0 && (
          <>
            <Link href={rows('versions', to)}>
              {reached} of {versions}
            </Link>{' '}
            reached it ({percent(reached / versions)}), p95 {p95.value === null ? 'never' : span(p95.value)}
          </>
        )}
        {station.batchP50 !== null && (
          <span>
            <Link href={rows('deployments', to)}>batch {few(station.batchP50)}</Link>, max {station.batchMax}
          </span>
        )}
        {longest && <span className="map-here">versions wait longest here</span>}
        {shut.map(({ environment, way, since, by }) => (
          <span key={way} className="signal-stop map-shut">
            <Link href={rows('gates')}>closed</Link> {way === 'into' ? `into ${environment}` : `onwards from ${environment}`} since{' '}
            {since.slice(0, 10)}
            {by !== null && ` by ${by}`}
          </span>
        ))}
      </span>
    </li>
  )
}
