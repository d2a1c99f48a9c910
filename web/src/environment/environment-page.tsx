import { Link, useParams } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { EnvironmentView } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { decoded, DigestLink, lineHref, short } from '../piece/digest.tsx'
import { Icon } from '../piece/icon.tsx'
import { Mark } from '../piece/mark.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading, Notice } from '../shell/notice.tsx'
import { EnvironmentLog } from './environment-log.tsx'
import { Life } from './life.tsx'
import { ShadowPanel } from './shadow-panel.tsx'
import { isolationTold } from './isolation.ts'
import { Health, serviceMarks } from './health.tsx'
import './environment.css'

/** `/environments/:stream/:name`: what runs in it, where to reach it, what it writes. */
export function EnvironmentPage() {
  const { stream = '', name = '' } = useParams()
  const id = `${decoded(stream)}/${decoded(name)}`
  const { data, problem } = useQuery<{ readonly environments: readonly EnvironmentView[] }>('/api/environments')
  const environment = data?.environments.find((each) => each.id === id)
  useTitle(id)
  if (data === undefined)
    return problem === undefined ? <Loading what="the environment" rows={3} /> : <Failed what="environment" problem={problem} />
  if (environment === undefined) {
    return (
      <Notice title="There is no such environment">
        <p>
          <code>{id}</code> is not there, or not any more.
        </p>
        <Link className="button strong" href="/environments">
          To the environments
        </Link>
      </Notice>
    )
  }
  return (
    <div className="page">
      <header className="page-head">
        <p className="crumbs">
          <Link href="/environments">Environments</Link> / <Link href={lineHref(decoded(stream))}>{decoded(stream)}</Link>
        </p>
        <div className="environment-head">
          <h1>{decoded(name)}</h1>
          <Health environment={environment} />
          {environment.traffic !== null && (
            <span>
              serves <DigestLink digest={environment.traffic} />
            </span>
          )}
          {environment.shares.length > 1 && (
            <span className="soft">
              {environment.shares
                .map(({ candidate, role, percent }) => `${short(candidate)}${role === 'baseline' ? ' (baseline)' : ''} ${percent} %`)
                .join(', ')}
            </span>
          )}
          <span className="soft">{isolationTold(environment.isolation)}</span>
          {Object.entries(environment.urls).map(([service, url]) => (
            <a key={service} className="visit" href={url} target="_blank" rel="noreferrer">
              Open {service}
              <Icon name="out" size={13} />
            </a>
          ))}
        </div>
        <Life environment={environment} />
      </header>
      <Drift drift={environment.drift} />
      <Services environment={environment} />
      <ShadowPanel stream={decoded(stream)} environment={id} />
      <EnvironmentLog key={id} id={id} services={[...new Set(environment.services.map(({ service }) => service))]} />
    </div>
  )
}

/** What is not as it was made, and what is done about it. */
function Drift({ drift }: Pick<EnvironmentView, 'drift'>) {
  if (drift.length === 0) return null
  return (
    <section className="panel" aria-label="Drift">
      <ul className="services">
        {drift.map(({ kind, about, expected, observed, since, response, reason }) => (
          <li key={`${kind} ${about}`} className="service" title={reason ?? undefined}>
            <Mark state="needs-attention" worded />
            <strong>{kind}</strong>
            <span>{about}</span>
            <span>
              expected {expected}, found <span className="signal-stop">{observed}</span>
            </span>
            <span className="soft">
              for <Age since={since} />
              {response === 'heal' ? ', being put right' : response === 'given-up' ? ', given up' : ''}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Services({ environment: { services, resources } }: { readonly environment: EnvironmentView }) {
  return (
    <section className="panel" aria-label="Services">
      <ul className="services">
        {services.map((service) => (
          <li key={[service.service, service.candidate, service.role, service.replica].join()} className="service">
            <Mark state={serviceMarks[service.state]} worded />
            <strong>{service.service}</strong>
            <span>{service.state}</span>
            <span>
              <DigestLink digest={service.candidate} />
              {service.running !== null && service.running !== service.candidate && (
                <span className="signal-stop service-other"> runs something else: {service.running.slice(7, 14)}</span>
              )}
              {service.role === 'baseline' ? (
                <span className="soft"> baseline of a canary</span>
              ) : (
                !service.serving && <span className="soft"> stands by</span>
              )}
            </span>
            <span className="soft">
              {service.port !== null && <>port {service.port}, </>}
              {service.pid !== null && <>pid {service.pid}, </>}
              {service.restarts > 0 && <>{service.restarts} restarts, </>}
              for <Age since={service.since} />
            </span>
            {service.problem !== null && <pre>{service.problem}</pre>}
          </li>
        ))}
        {resources.map(({ name, type, ready }) => (
          <li key={name} className="service">
            <Mark state={ready ? 'verified' : 'running'} worded />
            <strong>{name}</strong>
            <span>{ready ? 'ready' : 'starting'}</span>
            <span className="soft">{type}</span>
          </li>
        ))}
        {services.length + resources.length === 0 && <li className="soft">Nothing runs in it.</li>}
      </ul>
    </section>
  )
}
