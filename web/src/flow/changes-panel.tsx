import { useQuery } from '../api/query.ts'
import type { ChangesView, StreamFlowDetail } from '../api/types.ts'
import { NoData, timeOf } from './flow-row.tsx'
import { few, limits, percent, plural, span } from './words.ts'
import './pictures.css'

/** Where commits are known: from when a change was begun until production ran it, in parts that sum exactly to the whole. */
export function ChangesPanel({ stream, query }: { readonly stream: string; readonly query: string }) {
  const { data } = useQuery<StreamFlowDetail>(`/api/flow/${encodeURIComponent(stream)}?${query}`)
  const changes = data?.changes
  if (changes === undefined || data === undefined) return null
  return (
    <section className="panel flow-panel" aria-label="From the first commit">
      <h2>From the first commit</h2>
      <p className="soft flow-told">
        {plural(changes.changes, 'change')} of {changes.repositories.join(', ')} merged in the window; {changes.reached} reached{' '}
        {data.order.at(-1)}.{changes.doubtful > 0 && ` ${changes.doubtful} perhaps earlier: a deployment is missing before.`}
        {changes.unresolved > 0 && ` Of ${plural(changes.unresolved, 'deployment')} nobody knows the commit.`}
      </p>
      {changes.stages.length > 0 && <Stages stages={changes.stages} />}
      <dl className="figures">
        <Lead name="Begun → there" lead={changes.fromBegun} told="from when its first commit was written" />
        <Lead name="Merged → there" lead={changes.fromMerged} told="from when it came into the trunk" />
        <Spread name="Commits" of={changes.batch.commits} told="that a deployment brought" />
        <Spread name="Lines" of={changes.batch.lines} told="that a deployment changed" />
        <Spread name="Oldest change" of={changes.batch.oldest} told="on its way before a deployment brought it" time />
      </dl>
    </section>
  )
}

const steps = ['var(--track)', 'var(--wait)', 'var(--go)', 'var(--move)', 'var(--ink-soft)']

function Stages({ stages }: Pick<ChangesView, 'stages'>) {
  return (
    <>
      <div className="constraint-bar" aria-hidden="true">
        {stages.map(({ from, to, share }, at) => (
          <span
            key={from + to}
            style={{ flexGrow: Math.max(0.004, share ?? 0), background: steps[at % steps.length] }}
            className="stage-part"
            title={`${from} → ${to}`}
          >
            {(share ?? 0) > 0.12 && `${from} → ${to} ${percent(share ?? 0)}`}
          </span>
        ))}
      </div>
      <ul className="stage-list">
        {stages.map(({ from, to, share, p50, p95 }, at) => (
          <li key={from + to}>
            <i className="key" style={{ background: steps[at % steps.length] }} aria-hidden="true" />
            <span>
              {from} → {to}
            </span>
            <strong>{share === null ? <NoData /> : percent(share)}</strong>
            <span className="soft">
              p50 {p50 === null ? '–' : span(p50)}, p95 {p95 === null ? '–' : span(p95)}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

function Lead({ name, lead, told }: { readonly name: string; readonly lead: ChangesView['fromBegun']; readonly told: string }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>
        <span className="figure-value">{timeOf(lead.p50.value)}</span>
        <span className="figure-sub">
          {limits(lead.p50) ?? ''} · p95 {timeOf(lead.p95.value)}
        </span>
        <span className="figure-told">{told}, half of them</span>
      </dd>
    </div>
  )
}

type SpreadProps = { readonly name: string; readonly of: ChangesView['batch']['commits']; readonly told: string; readonly time?: boolean }

function Spread({ name, of: { p50, p95, max }, told, time = false }: SpreadProps) {
  const word = (value: number) => (time ? span(value) : few(value))
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>
        <span className="figure-value">{p50 === null ? <NoData /> : word(p50)}</span>
        <span className="figure-sub">
          {p95 !== null && `p95 ${word(p95)}`}
          {max !== null && `, most ${word(max)}`}
        </span>
        <span className="figure-told">{told}</span>
      </dd>
    </div>
  )
}
