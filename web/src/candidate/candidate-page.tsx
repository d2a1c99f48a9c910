import { Link, useParams, useSearchParams } from 'wouter'
import { useEstate } from '../api/estate.ts'
import { useQuery } from '../api/query.ts'
import type { CandidateStory } from '../api/types.ts'
import { DifferenceView } from '../difference/difference.tsx'
import { Age } from '../piece/age.tsx'
import { CopyButton } from '../piece/copy-button.tsx'
import { decoded, lineHref, short } from '../piece/digest.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { CandidateRuns } from './candidate-runs.tsx'
import { Proof } from './proof.tsx'
import { Story } from './story.tsx'
import './candidate.css'

const views = [
  { key: 'story', name: 'What happened' },
  { key: 'difference', name: 'What it changes' },
] as const

/** `/candidates/:digest`: what it is made of, where it runs, everything that happened to it, and (`?view=difference`) what it changes. */
export function CandidatePage() {
  const { digest = '' } = useParams()
  const [search, setSearch] = useSearchParams()
  const { data, problem } = useQuery<CandidateStory>(`/api/candidates/${encodeURIComponent(decoded(digest))}`)
  useTitle(data === undefined ? 'Candidate' : `Candidate ${short(data.card.digest)}: ${data.card.summary}`)
  if (data === undefined)
    return problem === undefined ? <Loading what="the candidate" rows={4} /> : <Failed what="candidate" problem={problem} />
  const view = search.get('view') === 'difference' ? 'difference' : 'story'
  const show = (next: Record<string, string>) => setSearch(next, { replace: true })
  return (
    <>
      <CandidateHead story={data} />
      <div className="tabs" role="group" aria-label="About the candidate">
        {views.map(({ key, name }) => (
          <button
            key={key}
            type="button"
            className="tab"
            aria-pressed={key === view}
            onClick={() => show(key === 'story' ? {} : { view: key })}
          >
            {name}
          </button>
        ))}
      </div>
      <div className="candidate-columns">
        {view === 'story' ? (
          <Story events={data.events} />
        ) : (
          <Changes story={data} against={search.get('against')} onAgainst={(against) => show({ view, against })} />
        )}
        <div>
          <Places deployments={data.deployments} />
          <Proof digest={data.card.digest} />
          <CandidateRuns runs={data.runs} />
        </div>
      </div>
    </>
  )
}

type ChangesProps = { readonly story: CandidateStory; readonly against: string | null; readonly onAgainst: (stage: string) => void }

/** Compared with production, unless another stage is asked for. */
function Changes({ story, against, onAgainst }: ChangesProps) {
  const { data } = useEstate()
  const stages = data?.find(({ stream }) => stream === story.stream)?.stages ?? []
  const last = stages.findLast(({ production, environment }) => production && environment !== null)?.name
  return <DifferenceView candidate={story.card.digest} against={against ?? last ?? 'production'} stages={stages} onAgainst={onAgainst} />
}

function CandidateHead({ story }: { readonly story: CandidateStory }) {
  const { card } = story
  return (
    <header className="page-head">
      <p className="crumbs">
        <Link href={lineHref(story.stream)}>{story.stream}</Link> / candidate
      </p>
      <h1>{card.summary}</h1>
      <p className="soft">
        {card.author}, committed <Age since={card.committedAt} /> ago
        {card.builtAt !== null && (
          <>
            , built <Age since={card.builtAt} /> ago
          </>
        )}
      </p>
      <div className="made-of" role="group" aria-label="What the candidate is made of">
        <Part name="Commit" value={card.commit} says="the source" />
        <i aria-hidden="true">+</i>
        <Part name="Artifact" value={story.artifact} says="what was built from it" />
        <i aria-hidden="true">+</i>
        <Part name="Environment" value={story.environment} says="definition, lock files, tools" />
        <i aria-hidden="true">=</i>
        <Part name="Candidate" value={card.digest} says="the only thing that is promoted" whole />
      </div>
    </header>
  )
}

function Part({
  name,
  value,
  says,
  whole,
}: {
  readonly name: string
  readonly value: string
  readonly says: string
  readonly whole?: true
}) {
  return (
    <div className={whole ? 'part part-whole' : 'part'}>
      <h2>{name}</h2>
      <code title={value}>{short(value, 12)}</code>
      <p className="soft">{says}</p>
      <CopyButton text={value} what={`the ${name.toLowerCase()} digest`} />
    </div>
  )
}

function Places({ deployments }: { readonly deployments: CandidateStory['deployments'] }) {
  return (
    <section className="panel" aria-labelledby="places-title">
      <h2 id="places-title">Where it runs</h2>
      {deployments.length === 0 ? (
        <p className="soft">Nowhere now.</p>
      ) : (
        <ul className="places">
          {deployments.map(({ environment, service, since }) => (
            <li key={environment + service}>
              <strong>{environment}</strong>
              <span>{service}</span>
              <span className="soft">
                for <Age since={since} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
