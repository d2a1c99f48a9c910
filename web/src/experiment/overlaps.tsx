import { Fragment } from 'react'
import { Link } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { ExperimentOverlaps, OverlapView } from '../api/types.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { count, differenceWords, levelWords, pWords } from './words.ts'

/** Experiments that run at once: whose effects depend on each other. */
export function Overlaps() {
  const { data, problem } = useQuery<ExperimentOverlaps>('/api/experiment-overlaps')
  return (
    <section aria-label="Beside each other">
      <h2>Beside each other</h2>
      <p className="soft">
        Experiments overlap. Here is asked of each pair whether the effect of one depends on the arm of the other, on what decides either of
        them. Limits hold at every moment, p is adjusted for all pairs.
        {data !== undefined && data.every > 1 && ` Of every ${data.every}th unit: there are too many to be looked up one by one.`}
      </p>
      {data === undefined ? (
        problem === undefined ? (
          <Loading what="pairs" rows={3} />
        ) : (
          <Failed what="pairs of experiments" problem={problem} />
        )
      ) : data.overlaps.length === 0 ? (
        <p>No two experiments run in one environment on two flags.</p>
      ) : (
        <Pairs overlaps={data.overlaps} />
      )}
    </section>
  )
}

function Pairs({ overlaps }: { readonly overlaps: readonly OverlapView[] }) {
  return (
    <div className="experiment-scroll">
      <table className="experiment-table experiment-pairs">
        <thead>
          <tr>
            <th scope="col">Pair</th>
            <th scope="col">Units in both</th>
            <th scope="col">Metric</th>
            <th scope="col" title="The effect of a treatment beside the treatment of the other, less that beside its control">
              Difference of effects
            </th>
            <th scope="col">p</th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {overlaps.map((overlap) => (
            <Pair key={`${overlap.environment}/${overlap.experiments.join('/')}`} overlap={overlap} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

const tones = { interact: 'bad', 'not independent': 'bad', 'nothing seen': 'good', 'kept apart': 'good', 'cannot say': 'open' } as const

function Pair({ overlap: { experiments, environment, units, verdict, because, metrics } }: { readonly overlap: OverlapView }) {
  return (
    <tr>
      <th scope="row">
        {experiments.map((name, index) => (
          <Fragment key={name}>
            {index > 0 && ' × '}
            <Link href={`/experiments/${encodeURIComponent(name)}`} {...(index === 0 ? { 'data-move': true } : {})}>
              {name}
            </Link>
          </Fragment>
        ))}{' '}
        <span className="soft">in {environment}</span>
      </th>
      <td data-label="Units in both">{count(units)}</td>
      <td>
        {metrics.map(({ metric, contrasts = [], nothing }) =>
          nothing === undefined ? (
            contrasts.map(({ arms }) => (
              <div key={`${metric}/${arms.join('/')}`}>
                {metric} <span className="soft">{arms.join(' × ')}</span>
              </div>
            ))
          ) : (
            <div key={metric}>{metric}</div>
          ),
        )}
      </td>
      <td>
        {metrics.map(({ metric, contrasts = [], nothing, cells }) =>
          nothing === undefined ? (
            contrasts.map(({ arms, estimate, low, high }) => (
              <div key={`${metric}/${arms.join('/')}`} title={cellWords(cells)}>
                {differenceWords(estimate)}{' '}
                <span className="soft">
                  ({differenceWords(low)} to {differenceWords(high)})
                </span>
              </div>
            ))
          ) : (
            <div key={metric} className="soft">
              {nothing}
            </div>
          ),
        )}
      </td>
      <td>
        {metrics.map(({ metric, adjusted, contrasts = [''] }) =>
          contrasts.map((_, index) => <div key={`${metric}/${index}`}>{pWords(adjusted) || '–'}</div>),
        )}
      </td>
      <td>
        <span className={`experiment-verdict-word verdict-${tones[verdict]}`}>{verdict}</span> <span className="soft">{because}</span>
      </td>
    </tr>
  )
}

/** Means of the cells, a row for each arm of the first. */
const cellWords = (cells: OverlapView['metrics'][number]['cells']): string =>
  cells.map((row) => row.map(({ count: units, mean }) => `${levelWords(mean)} of ${count(units)}`).join(' | ')).join('\n')
