import { useMemo } from 'react'
import { Link, useSearchParams } from 'wouter'
import { useEstate } from '../api/estate.ts'
import { useQuery } from '../api/query.ts'
import type { EnvironmentView } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { DigestLink, lineHref } from '../piece/digest.tsx'
import { Icon } from '../piece/icon.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { environmentHref, healthOf, sinceOf, Health } from './health.tsx'
import { isolationTold } from './isolation.ts'
import { LifeWords, outdatedOf } from './life.tsx'
import { Machines } from './machines.tsx'
import { ParityPanel } from './parity.tsx'
import './environment.css'

type Answer = { readonly environments: readonly EnvironmentView[] }

/** `/environments`: every environment there is, and two of them compared. */
export function EnvironmentsPage() {
  const { data, problem } = useQuery<Answer>('/api/environments')
  const [search, setSearch] = useSearchParams()
  const list = useMemo(() => [...(data?.environments ?? [])].sort((a, b) => a.id.localeCompare(b.id)), [data])
  const { wrong, resting } = standingOf(list)
  useTitle(wrong.length > 0 ? `${wrong.join(', ')} · environments` : `${list.length} environments`)
  if (data === undefined)
    return problem === undefined ? <Loading what="the environments" rows={5} /> : <Failed what="environments" problem={problem} />
  const compare = (a: string, b: string) => setSearch({ a, b }, { replace: true })
  return (
    <div className="page">
      <header className="page-title">
        <div>
          <h1>Environments</h1>
          <p className="soft">
            {list.length === 0
              ? 'There is none yet.'
              : `${list.length} there, ${[...wrong, ...resting].join(', ') || 'all as they should be'}.`}
          </p>
        </div>
      </header>
      {list.length === 0 ? (
        <div className="calm">
          <p>
            Stages make theirs with the first delivery. Make one of your own: <code>threeways env up &lt;settings&gt;</code>
          </p>
        </div>
      ) : (
        [...Map.groupBy(list, ({ id }) => id.split('/')[0]!)].map(([stream, own]) => <Group key={stream} stream={stream} list={own} />)
      )}
      {list.length > 1 && <ParityPanel list={list} a={search.get('a')} b={search.get('b')} onChange={compare} />}
      <Machines />
    </div>
  )
}

/** What the headline counts: what somebody must see to, and what does not serve because it rests. */
function standingOf(list: readonly EnvironmentView[]) {
  const told = (word: string, holds: (environment: EnvironmentView) => boolean) => {
    const count = list.filter(holds).length
    return count === 0 ? [] : [`${count} ${word}`]
  }
  return {
    wrong: [
      ...told('unhealthy', (environment) => healthOf(environment) === 'unhealthy'),
      ...told('drifted', ({ drift }) => drift.length > 0),
      ...told('with secrets out of date', (environment) => outdatedOf(environment).length > 0),
    ],
    resting: [
      ...told('asleep', (environment) => healthOf(environment) === 'asleep'),
      ...told('stopped', (environment) => healthOf(environment) === 'stopped'),
    ],
  }
}

function Group({ stream, list }: { readonly stream: string; readonly list: readonly EnvironmentView[] }) {
  const { data } = useEstate()
  const stages = data?.find((row) => row.stream === stream)?.stages ?? []
  const at = (id: string) => stages.findIndex(({ environment }) => environment === id)
  // As the line goes; what people made themselves comes after.
  const ordered = list.toSorted((a, b) => (at(a.id) + 1 || 99) - (at(b.id) + 1 || 99))
  return (
    <section className="environments" aria-label={stream}>
      <h2>
        <Link href={lineHref(stream)}>{stream}</Link>
      </h2>
      <ul>
        {ordered.map((environment) => (
          <Row key={environment.id} environment={environment} stage={stages[at(environment.id)]?.name} />
        ))}
      </ul>
    </section>
  )
}

function Row({ environment, stage }: { readonly environment: EnvironmentView; readonly stage: string | undefined }) {
  const { id, traffic, services, resources, urls, drift } = environment
  const since = sinceOf(environment)
  const restarts = services.reduce((sum, service) => sum + service.restarts, 0)
  const things = [`${services.length} ${services.length === 1 ? 'service' : 'services'}`, ...resources.map(({ type }) => type)]
  return (
    <li className="environment-row">
      <span className="environment-name">
        <Link data-move className="estate-link" href={environmentHref(id)}>
          {id.slice(id.indexOf('/') + 1)}
        </Link>
        <span className="soft">{stage === undefined ? 'made by hand' : `of stage ${stage}`}</span>
      </span>
      <Health environment={environment} />
      <span className="environment-runs">
        {traffic === null ? <span className="soft">nothing serves</span> : <DigestLink digest={traffic} />}
        {since !== undefined && (
          <span className="soft">
            {' '}
            for <Age since={since} />
          </span>
        )}
      </span>
      <span className="soft">
        {things.join(', ')}
        <span title={isolationTold(environment.isolation)}>{environment.isolation.by === 'none' ? ', not isolated' : ', isolated'}</span>
        <LifeWords environment={environment} />
        {restarts > 0 && <span className="signal-stop environment-restarts">, {restarts} restarts</span>}
        {drift.length > 0 && <span className="signal-stop environment-restarts">, drifted: {drift[0]!.about}</span>}
      </span>
      <span className="environment-urls">
        {Object.entries(urls).map(([service, url]) => (
          <a key={service} className="visit" href={url} target="_blank" rel="noreferrer">
            {service}
            <Icon name="out" size={12} />
          </a>
        ))}
      </span>
    </li>
  )
}
