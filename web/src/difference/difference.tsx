import { Link } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { Difference, EstateStage } from '../api/types.ts'
import { candidateHref, short } from '../piece/digest.tsx'
import { Mark } from '../piece/mark.tsx'
import { ProblemNote } from '../piece/problem-note.tsx'
import { Loading } from '../shell/notice.tsx'
import { Counts, differencePath } from './difference-summary.tsx'
import { CodeFiles, Commits, PackageTable, ValueTable } from './parts.tsx'
import './difference.css'

type Props = {
  readonly candidate: string
  readonly against: string
  readonly stages: readonly EstateStage[]
  readonly onAgainst: (stage: string) => void
}

/** What a candidate changes of what runs in a stage: code, settings, environment, packages. */
export function DifferenceView({ candidate, against, stages, onAgainst }: Props) {
  const { data, problem } = useQuery<Difference>(differencePath(candidate, against))
  const compared = stages.filter(({ environment }) => environment !== null)
  return (
    <section className="difference" aria-labelledby="difference-title">
      <header>
        <h2 id="difference-title">What it changes</h2>
        {compared.length > 0 && (
          <div className="pills" role="group" aria-label="Compared with">
            {compared.map(({ name }) => (
              <button key={name} type="button" className="pill" aria-pressed={name === against} onClick={() => onAgainst(name)}>
                in {name}
              </button>
            ))}
          </div>
        )}
      </header>
      {problem !== undefined && <ProblemNote problem={problem} />}
      {data === undefined ? problem === undefined && <Loading what="the difference" rows={4} /> : <Parts data={data} against={against} />}
    </section>
  )
}

function Parts({ data, against: named }: { readonly data: Difference; readonly against: string }) {
  const { candidate, against, code, config, environment, packages, migrations, unknown } = data
  if (against === null) {
    return (
      <>
        <p className="panel">Nothing runs in {named} yet: all of it is new there.</p>
        {migrations !== null && migrations.length > 0 && <Migrations migrations={migrations} />}
      </>
    )
  }
  if (against.card.digest === candidate.digest) {
    return (
      <p className="panel difference-same">
        <Mark state="verified" worded />
        This is what runs in {against.stage ?? named}.
      </p>
    )
  }
  return (
    <>
      <p className="difference-against">
        compared with{' '}
        <Link href={candidateHref(against.card.digest)}>
          <span className="mono">{short(against.card.digest)}</span> {against.card.summary}
        </Link>
        {against.stage !== null && <span className="soft">, which runs in {against.stage}</span>}
      </p>
      {unknown.length > 0 && (
        <ul className="unknown" aria-label="Not compared">
          {unknown.map((what) => (
            <li key={what}>
              <Mark state="needs-attention" worded size={14} /> not compared: {what}
            </li>
          ))}
        </ul>
      )}
      {code !== null && (
        <section className="panel" aria-label="Code">
          <h3>
            Code <Counts added={code.added} removed={code.removed} />
          </h3>
          <Commits code={code} />
          <CodeFiles code={code} candidate={candidate.digest} against={against.card.digest} />
        </section>
      )}
      {config !== null && (
        <Values
          title="Configuration"
          changes={config.changes}
          same={`All ${config.same} values are the same${config.settings === null ? '' : ` as ${config.settings} has them`}.`}
        />
      )}
      {environment !== null && (
        <Values
          title="Environment"
          changes={[...environment.tools, ...environment.lockFiles]}
          same={environment.same ? 'The same environment digest.' : 'The same tools and lock files; only the definition differs.'}
        />
      )}
      {migrations !== null && migrations.length > 0 && <Migrations migrations={migrations} />}
      {packages !== null && <Packages packages={packages} />}
    </>
  )
}

function Values({
  title,
  changes,
  same,
}: {
  readonly title: string
  readonly changes: NonNullable<Difference['config']>['changes']
  readonly same: string
}) {
  return (
    <section className="panel" aria-label={title}>
      <h3>{title}</h3>
      {changes.length === 0 ? <p className="soft">{same}</p> : <ValueTable title={title} changes={changes} />}
    </section>
  )
}

function Migrations({ migrations }: { readonly migrations: NonNullable<Difference['migrations']> }) {
  return (
    <section className="panel" aria-label="Migrations">
      <h3>Migrations</h3>
      <ul>
        {migrations.map(({ resource, name, kind }) => (
          <li key={`${resource} ${name}`}>
            <span className="mono">
              {resource} {name}
            </span>
            <span className="soft">
              {kind === 'expand' ? ', before it runs' : ', once it is verified; then older candidates cannot be gone back to'}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Packages({ packages }: { readonly packages: NonNullable<Difference['packages']> }) {
  return (
    <section className="panel" aria-label="Packages">
      <h3>Packages</h3>
      {packages.total === 0 && packages.unread.length === 0 && <p className="soft">No package is different.</p>}
      {packages.total > 0 && <PackageTable packages={packages} />}
      {packages.unread.map((file) => (
        <p key={file} className="signal-wait">
          <code>{file}</code> is different, and of a kind that is not read here.
        </p>
      ))}
    </section>
  )
}
