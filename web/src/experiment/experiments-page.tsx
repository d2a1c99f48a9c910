import { Link } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { ExperimentRow } from '../api/types.ts'
import { flagHref } from '../piece/digest.tsx'
import { FirstSteps } from '../piece/first-steps.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { newPlanText } from './new-plan.ts'
import { Overlaps } from './overlaps.tsx'
import { stateWords } from './words.ts'
import './experiment.css'

/** `/experiments`: what is asked of variants, and what followed. */
export function ExperimentsPage() {
  const { data, problem } = useQuery<{ readonly experiments: readonly ExperimentRow[] }>('/api/experiments')
  useTitle('Experiments')
  if (data === undefined)
    return problem === undefined ? <Loading what="the experiments" rows={5} /> : <Failed what="experiments" problem={problem} />
  return (
    <div className="page experiments">
      <header className="page-title">
        <h1>Experiments</h1>
        <Link href="/release">Flags</Link>
      </header>
      {data.experiments.length === 0 ? <None /> : <List experiments={data.experiments} />}
      {data.experiments.filter(({ state }) => state === 'running').length > 1 && <Overlaps />}
    </div>
  )
}

const firstSteps = [
  { name: 'one-page.yaml', does: 'what is asked of a flag’s variants, and by which metrics it is decided', text: newPlanText },
  { name: 'threeways experiment plan one-page.yaml', does: 'writes it down, and says what so many units would show' },
  { name: 'threeways experiment start one-page', does: 'whoever is exposed from now on counts' },
]

function None() {
  return (
    <div className="calm">
      <p>Nothing is asked yet. What an experiment asks is written down before anybody is exposed.</p>
      <FirstSteps steps={firstSteps} />
    </div>
  )
}

/** Those that run first. */
const order = ['running', 'planned', 'decided'] as const

function List({ experiments }: { readonly experiments: readonly ExperimentRow[] }) {
  const sorted = experiments.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || (a.experiment < b.experiment ? -1 : 1))
  return (
    <div className="experiment-scroll">
      <table className="experiment-table">
        <thead>
          <tr>
            <th scope="col">Experiment</th>
            <th scope="col">State</th>
            <th scope="col">Hypothesis</th>
            <th scope="col">Flag</th>
            <th scope="col">Owner</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((one) => (
            <tr key={one.experiment}>
              <th scope="row">
                <Link href={`/experiments/${encodeURIComponent(one.experiment)}`} data-move>
                  {one.experiment}
                </Link>
              </th>
              <td>
                <span className={`experiment-state experiment-${one.state}`}>{stateWords(one)}</span>
              </td>
              <td>{one.hypothesis}</td>
              <td>
                <Link href={flagHref(one.flag)}>{one.flag}</Link> <span className="soft">in {one.environment}</span>
              </td>
              <td>{one.owner}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
