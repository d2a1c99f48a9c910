import { Link, useParams } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { ExperimentStatus, ResultView } from '../api/types.ts'
import { decoded, flagHref } from '../piece/digest.tsx'
import { dayOf, timeOfDay } from '../piece/time.ts'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { Actions } from './actions.tsx'
import { Forest } from './forest.tsx'
import { count, effectWords, levelWords, lossWords, metricWords, pWords, reachOf, stateWords, toneOf } from './words.ts'
import './experiment.css'

/** `/experiments/<name>`: what one experiment says by now, and what it may not say yet. */
export function ExperimentPage() {
  const { experiment = '' } = useParams<{ experiment: string }>()
  const name = decoded(experiment)
  const { data, problem } = useQuery<ExperimentStatus>(`/api/experiments/${encodeURIComponent(name)}`)
  useTitle(name)
  if (data === undefined)
    return problem === undefined ? <Loading what="the experiment" rows={6} /> : <Failed what="experiment" problem={problem} />
  return (
    <div className="page experiment">
      <header className="page-title">
        <div>
          <Link className="soft" href="/experiments">
            All experiments
          </Link>
          <h1 className="spread">{data.experiment}</h1>
          <p className="spread experiment-hypothesis">{data.hypothesis}</p>
          <p className="soft">
            <span className={`experiment-state experiment-${data.state}`}>{stateWords(data)}</span> · flag{' '}
            <Link href={flagHref(data.flag)}>{data.flag}</Link> in {data.environment} · owner {data.owner}
          </p>
          <Apart said={data} />
        </div>
        <Actions said={data} />
      </header>
      <Verdict said={data} />
      <Progress said={data} />
      <Split said={data} />
      {data.results.length > 0 && <Results results={data.results} />}
      {data.looks.length > 0 && <Looks said={data} />}
      <Plan said={data} />
    </div>
  )
}

/** What keeps its units out of other experiments, and others' out of it. */
function Apart({ said: { layer, holdouts } }: { readonly said: ExperimentStatus }) {
  if (layer === null && holdouts.length === 0) return null
  return (
    <p className="soft">
      {layer !== null && (
        <>
          Its units are in no other experiment of the layer <Link href={`/release/${encodeURIComponent(layer)}`}>{layer}</Link>.{' '}
        </>
      )}
      {holdouts.map((name) => (
        <span key={name}>
          Units that <Link href={`/release/${encodeURIComponent(name)}`}>{name}</Link> holds are kept out of it.{' '}
        </span>
      ))}
    </p>
  )
}

function Verdict({ said: { recommendations, decided, state } }: { readonly said: ExperimentStatus }) {
  if (decided !== null)
    return (
      <p className="experiment-verdict">
        <strong>
          Decided by {decided.by}: {decided.decision}
          {decided.arm === null ? '' : ` ${decided.arm}`}
          {decided.isEarly ? ', early' : ''}
          {decided.isAgainstRule ? ', against the rule that was written down' : ''}.
        </strong>{' '}
        {decided.reason}
        <span className="soft">
          {' '}
          {dayOf(decided.at)} {timeOfDay(decided.at)}: what is shown was known then, and nothing later counts.
        </span>
        <span className="soft"> Recommended was: {decided.recommended}.</span>
      </p>
    )
  if (state === 'planned') return null
  return (
    <div className="experiment-verdict" role="status">
      {recommendations.map(({ arm, action, because }) => (
        <p key={arm}>
          <strong>
            {arm}: {action}.
          </strong>{' '}
          {because.join('; ')}.
        </p>
      ))}
    </div>
  )
}

function Progress({ said: { units, plannedUnits, looking, looks, phase, since, crossed, decided } }: { readonly said: ExperimentStatus }) {
  const share = plannedUnits === null ? undefined : Math.min(1, units / plannedUnits)
  return (
    <section aria-label="Units">
      <h2>
        {count(units)}
        {plannedUnits === null ? '' : ` of ${count(plannedUnits)}`} units
      </h2>
      {share !== undefined && (
        <div
          className="experiment-bar"
          role="img"
          aria-label={`${Math.round(share * 100)} % of the planned units; ${looks.length} looks taken`}
        >
          <i style={{ width: `${share * 100}%` }} />
          {looks.map((look) => (
            <b
              key={look.at}
              style={{ left: `${Math.min(100, (look.units / plannedUnits!) * 100)}%` }}
              title={`looked at with ${count(look.units)} units`}
            />
          ))}
        </div>
      )}
      {looking.why !== null && decided === null && (
        <p className="soft">
          {looking.unitsMissing === 0 ? 'It is to be decided' : 'It may not be decided yet'}: {looking.why}.
        </p>
      )}
      {phase > 1 && (
        <p className="soft">
          Counted since {dayOf(since)} {timeOfDay(since)}, when the arms were weighed otherwise: what came before is another phase.
        </p>
      )}
      {crossed > 0 && <p className="soft">{count(crossed)} saw several arms, and count in none.</p>}
    </section>
  )
}

function Split({ said: { arms, split, units } }: { readonly said: ExperimentStatus }) {
  return (
    <section aria-label="Arms">
      <h2>Arms</h2>
      {split.verdict === 'wrong' && (
        <p className="experiment-alarm" role="alert">
          <strong>The arms do not have the sizes asked for (p = {split.p.toPrecision(2)}).</strong> Nothing that they say can be believed,
          so nothing is shown. Find out why: who is told of as exposed, and who is not?
        </p>
      )}
      <dl className="experiment-arms">
        {arms.map(({ arm, units: has, share }) => (
          <div key={arm}>
            <dt>{arm}</dt>
            <dd>
              {count(has)}{' '}
              <span className="soft">
                {units === 0 ? '' : `${((has / units) * 100).toFixed(1)} %, `}
                {(share * 100).toFixed(0)} % asked for
              </span>
            </dd>
          </div>
        ))}
      </dl>
      {split.verdict === 'right' && (
        <p className="soft">As large as they should be; what is {split.sees.toFixed(1)} points off would be seen four times of five.</p>
      )}
    </section>
  )
}

const roles = { decision: 'Decides', guardrail: 'Must not get worse', exploratory: 'For the next hypothesis' } as const

function Results({ results }: { readonly results: readonly ResultView[] }) {
  const reach = reachOf(results)
  return (
    <section aria-label="Results">
      <h2>Effects</h2>
      <p className="soft">
        Relative to control. Thin: holds at every moment, so that it may be looked at.
        {results.some(({ atLook }) => atLook !== undefined) && ' Thick: of the last look, by which it is decided.'} Every line reaches from{' '}
        {effectWords(-reach)} to {effectWords(reach)}; dashed: no effect.
      </p>
      {(['decision', 'guardrail', 'exploratory'] as const).map((role) => {
        const some = results.filter((result) => result.role === role)
        return some.length === 0 ? null : (
          <div key={role} className="experiment-scroll">
            <table className="experiment-table">
              <caption>{roles[role]}</caption>
              <thead>
                <tr>
                  <th scope="col">Metric</th>
                  <th scope="col">Control</th>
                  <th scope="col">Treatment</th>
                  <th scope="col">Effect</th>
                  <th scope="col" className="forest-cell">
                    Limits
                  </th>
                  <th scope="col" title="Adjusted for all questions of its role">
                    p
                  </th>
                  <th scope="col">Verdict</th>
                </tr>
              </thead>
              <tbody>
                {some.map((result) => (
                  <Row key={`${result.metric}/${result.arm}`} result={result} reach={reach} />
                ))}
              </tbody>
            </table>
          </div>
        )
      })}
    </section>
  )
}

function Row({ result, reach }: { readonly result: ResultView; readonly reach: number }) {
  const { arm, control, treatment, effect, leastGain, adjusted, verdict, nothing, explained } = result
  return (
    <tr>
      <th scope="row">
        {metricWords(result)} <span className="soft">{arm}</span>
      </th>
      <td data-label="Control">{levelWords(control)}</td>
      <td data-label="Treatment">{levelWords(treatment)}</td>
      <td data-label="Effect">{effect === undefined ? '' : effectWords(effect)}</td>
      <td className="forest-cell">
        {nothing === undefined ? <Forest result={result} reach={reach} /> : <span className="soft">{nothing}</span>}
      </td>
      <td data-label="p">{pWords(adjusted)}</td>
      <td>
        <span className={`experiment-verdict-word verdict-${toneOf(result)}`}>{verdict}</span>
        {leastGain !== undefined && <span className="soft"> {lossWords(leastGain)}</span>}
        {explained !== undefined && explained > 0 && <span className="soft"> {(explained * 100).toFixed(0)} % explained by before</span>}
      </td>
    </tr>
  )
}

/** What was told at a look, as it was told then. */
const resultsOf = ({ told }: ExperimentStatus['looks'][number]): readonly ResultView[] =>
  (told as { readonly results?: readonly ResultView[] }).results ?? []

function Looks({ said: { looks } }: { readonly said: ExperimentStatus }) {
  // One axis for all of them, or a look that knows less would seem to know as much.
  const reach = reachOf(looks.flatMap(resultsOf))
  return (
    <section aria-label="Looks">
      <h2>Looks</h2>
      <p className="soft">
        Each is taken when its plan says so, and spent with it. Every line reaches from {effectWords(-reach)} to {effectWords(reach)};
        dashed: no effect.
      </p>
      <ol className="experiment-looks">
        {looks.map((look) => {
          const { at, units, phase } = look
          return (
            <li key={at}>
              <span>
                {dayOf(at)} {timeOfDay(at)}, {count(units)} units{phase > 1 ? `, phase ${phase}` : ''}
              </span>
              {resultsOf(look)
                .filter(({ role, effect }) => role === 'decision' && effect !== undefined)
                .map((result) => (
                  <span key={`${result.metric}/${result.arm}`} className="experiment-look">
                    <span>
                      {metricWords(result)} <span className="soft">{result.arm}</span>
                    </span>
                    <span>{effectWords(result.effect!)}</span>
                    <Forest result={result} reach={reach} />
                    <span>{result.verdict}</span>
                  </span>
                ))}
            </li>
          )
        })}
      </ol>
    </section>
  )
}

const percentWords = (ratio: number): string => `${Number((ratio * 100).toPrecision(6))} %`

/** What was written down before anybody was exposed. */
function Plan({ said: { plan, plannedUnits } }: { readonly said: ExperimentStatus }) {
  return (
    <section aria-label="Plan">
      <h2>Written down</h2>
      <p className="soft">
        Shipped when {plan.shipWhen} metric that decides is better and every guardrail holds. Decided{' '}
        {plannedUnits === null ? 'at any moment' : `at ${plan.looks.map((look) => count(Math.ceil(look * plannedUnits))).join(', ')} units`}
        ; alpha {plan.alpha}, power {plan.power}.
      </p>
      <div className="experiment-scroll">
        <table className="experiment-table">
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col">Role</th>
              <th scope="col">Kind</th>
              <th scope="col">Better</th>
              <th scope="col">Worth seeing, or borne</th>
            </tr>
          </thead>
          <tbody>
            {plan.metrics.map(({ metric, role, kind, better, effect, margin, before }) => (
              <tr key={metric}>
                <th scope="row">{metric}</th>
                <td>{roles[role].toLowerCase()}</td>
                <td>
                  {kind}
                  {before && <span className="soft">, less what the time before explains</span>}
                </td>
                <td data-label="Better">{better}</td>
                <td>
                  {effect !== null && percentWords(effect)}
                  {margin !== null && `up to ${percentWords(margin)} worse`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
