import { useState } from 'react'
import { Link } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { FlagBeside, FlagDetail } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { DigestLink } from '../piece/digest.tsx'
import { dayOf, timeOfDay } from '../piece/time.ts'
import { changeTold } from './board-row.tsx'
import { changesOf, type Revision } from './history.ts'
import { lifeOf, type Deployment, type Entry, type Incident } from './life.ts'
import { ShareHistory } from './share-history.tsx'

const few = 12
const origins = { file: 'from a file', api: '', ramp: 'by its plan' } as const

type Props = { readonly flag: FlagDetail; readonly variants: readonly string[] }

const nothing = { service: null, deployments: [], incidents: [], left: { deployments: 0, incidents: 0 } } as const satisfies FlagBeside

/** Every revision of a flag with what happened to its service meanwhile, the newest first, and who got what since the first of them. */
export function FlagLife({ flag: { flag, service, environments, revisions, control, purpose }, variants }: Props) {
  const [all, setAll] = useState(false)
  const { data: beside = nothing } = useQuery<FlagBeside>(service === null ? undefined : `/api/flags/${encodeURIComponent(flag)}/beside`)
  const life = lifeOf(revisions, beside)
  const shown = all ? life : life.slice(0, few)
  return (
    <section className="panel flag-life" aria-label="Its life">
      <h2>Its life</h2>
      <div className="share-histories">
        {environments.map(({ environment }) => (
          <ShareHistory
            key={environment}
            environment={environment}
            revisions={revisions}
            beside={beside}
            control={control}
            variants={variants}
          />
        ))}
      </div>
      <ol className="flag-revisions" aria-label="Revisions">
        {shown.map((entry) => (
          <EntryRow key={`${entry.kind} ${entry.at}`} entry={entry} service={service} purpose={purpose} />
        ))}
      </ol>
      {shown.length < life.length && (
        <button type="button" className="button small" onClick={() => setAll(true)}>
          All {life.length}
        </button>
      )}
      <Left beside={beside} />
    </section>
  )
}

type EntryProps = { readonly entry: Entry; readonly service: string | null; readonly purpose: FlagDetail['purpose'] }

function EntryRow({ entry, service, purpose }: EntryProps) {
  switch (entry.kind) {
    case 'revision':
      return <RevisionRow revision={entry.revision} earlier={entry.earlier} purpose={purpose} />
    case 'deployments':
      return <DeploymentsRow environment={entry.environment} all={entry.all} service={service!} />
    case 'incident':
      return <IncidentRow incident={entry.incident} />
  }
}

/** However many in a row, one line: they are not what one came to read. */
function DeploymentsRow({
  environment,
  all,
  service,
}: {
  readonly environment: string
  readonly all: readonly Deployment[]
  readonly service: string
}) {
  const [newest] = all
  const { version, at, back } = newest!
  return (
    <li className="revision revision-beside">
      <span className="soft" aria-hidden="true">
        ▸
      </span>
      <p>
        {all.length === 1
          ? `${service} ${back ? 'went back' : 'was deployed'} in ${environment}: `
          : `${all.length} deployments of ${service} to ${environment}, at last `}
        {version.startsWith('sha256:') ? (
          <DigestLink digest={version} />
        ) : (
          <Link href={`/flow/${encodeURIComponent(service)}/rows`}>{version}</Link>
        )}
        <Moment at={at} />
      </p>
    </li>
  )
}

function IncidentRow({ incident: { incident, environment, at, over, summary } }: { readonly incident: Incident }) {
  return (
    <li className="revision revision-incident">
      <span className="signal-stop" aria-hidden="true">
        !
      </span>
      <div>
        <p>
          <strong>Incident {incident}</strong>
          {environment === null ? '' : ` in ${environment}`}{' '}
          <span className="soft">{over === null ? 'is not over' : `over ${dayOf(over)}, ${timeOfDay(over)}`}</span>
          <Moment at={at} />
        </p>
        {summary !== null && <p className="spread">{summary}</p>}
      </div>
    </li>
  )
}

function Left({ beside: { left } }: { readonly beside: FlagBeside }) {
  if (left.deployments === 0 && left.incidents === 0) return null
  return (
    <p className="soft flag-small">
      {left.deployments} older deployments and {left.incidents} older incidents are not shown.
    </p>
  )
}

function Moment({ at }: { readonly at: string }) {
  return (
    <span className="soft revision-at">
      {dayOf(at)}, {timeOfDay(at)}, <Age since={at} /> ago
    </span>
  )
}

type RevisionProps = { readonly revision: Revision; readonly earlier: Revision | undefined; readonly purpose: FlagDetail['purpose'] }

function RevisionRow({ revision, earlier, purpose }: RevisionProps) {
  const { at, by, reason, change, origin } = revision
  return (
    <li className={`revision revision-${change.replace(' ', '-')}`}>
      <span className="soft mono">#{revision.revision}</span>
      <div>
        <p>
          <strong>{changeTold(revision)}</strong> by {by} <span className="soft">{origins[origin]}</span>
          <Moment at={at} />
        </p>
        <p className="spread">{reason}</p>
        {changesOf(revision, earlier, purpose).map((told) => (
          <p key={told} className="soft spread">
            {told}
          </p>
        ))}
      </div>
    </li>
  )
}
