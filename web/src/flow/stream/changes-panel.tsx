import type { ReactNode } from 'react'
import { useQuery } from '../../api/query.ts'
import type { ChangesView, StreamFlowDetail } from '../../api/types.ts'
import { Figure } from '../figure.tsx'
import { NoData, timeOf } from '../flow-row.tsx'
import { useLinks, type Links } from '../links.ts'
import { BuildsPanel } from './builds-panel.tsx'
import { ShareBar, ShareKey } from './share-bar.tsx'
import { Explained } from '../term.tsx'
import { few, limits, percent, plural, span } from '../words.ts'
import './pictures.css'

type Props = { readonly stream: string; readonly query: string }

export const useChanges = ({ stream, query }: Props) => useQuery<StreamFlowDetail>(`/api/flow/${encodeURIComponent(stream)}?${query}`).data

/** Where commits are known: from when a change was begun until production ran it, in parts that sum exactly to the whole. */
export function ChangesPanel(of: Props) {
  const data = useChanges(of)
  const { rows } = useLinks(of.stream)
  const changes = data?.changes
  if (changes === undefined || data === undefined) return null
  return (
    <>
      <FromTheFirst changes={changes} to={data.order.at(-1)!} rows={rows} />
      {changes.stages.some(({ to }) => to === 'built') && <BuildsPanel {...of} />}
    </>
  )
}

type FromTheFirstProps = { readonly changes: ChangesView; readonly to: string; readonly rows: Links['rows'] }

function FromTheFirst({ changes, to, rows }: FromTheFirstProps) {
  // With flags the way goes on until users have it.
  const { stages } = changes.released ?? changes
  return (
    <section className="panel flow-panel" aria-label="From the first commit">
      <h2>From the first commit</h2>
      <p className="soft flow-told">
        {plural(changes.changes, 'change')} of {changes.repositories.join(', ')} merged in the window; {changes.reached} reached {to}.
        {changes.doubtful > 0 && ` ${changes.doubtful} perhaps earlier: a deployment is missing before.`}
        {changes.unresolved > 0 && ` Of ${plural(changes.unresolved, 'deployment')} nobody knows the commit.`}
      </p>
      {stages.length > 0 && <Stages stages={stages} />}
      <dl className="figures">
        <Lead name="Begun → there" lead={changes.fromBegun} told="from when its first commit was written" href={rows('changes')} />
        <Lead name="Merged → there" lead={changes.fromMerged} told="from when it came into the trunk" href={rows('changes')} />
        {changes.released !== undefined && <Released of={changes.released} rows={rows} />}
        <Efficiency of={changes.efficiency} href={rows('changes')} />
        <Trunk trunk={changes.trunk} href={rows('changes')} />
      </dl>
    </section>
  )
}

function Released({ of, rows }: { readonly of: NonNullable<ChangesView['released']>; readonly rows: Links['rows'] }) {
  const { hidden, released, arrived, withdrawnNow, toFirst, toAll, lost } = of
  return (
    <>
      {hidden > 0 && (
        <>
          <Lead
            name={<Explained what={of.definition}>Begun → released</Explained>}
            lead={of.fromBegun}
            told="from when its first commit was written until users got it"
            href={rows('changes')}
          />
          <Figure
            name="Behind flags"
            href={rows('changes', { in: 'hidden' })}
            told={`from ${of.in} until users got them, half of those that flags hide`}
            sub={`${released} of ${arrived} released, to all ${timeOf(toAll.p50.value)}${withdrawnNow > 0 ? `, ${withdrawnNow} off now` : ''}`}
          >
            {arrived === 0 ? undefined : timeOf(toFirst.p50.value)}
          </Figure>
        </>
      )}
      {lost.length > 0 && (
        <Figure name="Flags without a change" told={`${lost.join(', ')}: no change on the trunk is what they call it`}>
          {lost.length}
        </Figure>
      )}
    </>
  )
}

/** How much a deployment brings at once, in changes. */
export function ChangeBatches(of: Props) {
  const changes = useChanges(of)?.changes
  const { rows } = useLinks(of.stream)
  if (changes === undefined) return null
  const { batch } = changes
  return (
    <section className="panel flow-panel" aria-label="What a deployment brings">
      <h2>What a deployment brings</h2>
      <p className="soft flow-told">Of {plural(batch.deployments, 'deployment')} whose commits are known: half of them brought so much.</p>
      <dl className="figures">
        <Spread name="Changes" of={batch.changes} told="that a deployment brought" href={rows('changes')} />
        <Spread name="Commits" of={batch.commits} told="that a deployment brought" href={rows('changes')} />
        <Spread name="Lines" of={batch.lines} told="that a deployment changed" href={rows('changes')} />
        <Spread name="Oldest change" of={batch.oldest} told="on its way before a deployment brought it" href={rows('changes')} time />
      </dl>
    </section>
  )
}

const steps = ['var(--track)', 'var(--wait)', 'var(--go)', 'var(--move)', 'var(--ink-soft)', 'var(--stop)', 'var(--track-soft)']

function Stages({ stages }: Pick<ChangesView, 'stages'>) {
  return (
    <>
      <ShareBar parts={stages.map(({ from, to, share }, at) => ({ name: `${from} → ${to}`, share, colour: steps[at % steps.length] }))} />
      <ul className="stage-list">
        {stages.map(({ from, to, share, p50, p95, ms, working, waiting }, at) => (
          <li key={from + to}>
            <ShareKey colour={steps[at % steps.length]} />
            <span>
              {from} → {to}
            </span>
            <strong>{share === null ? <NoData /> : percent(share)}</strong>
            <span className="soft">
              p50 {p50 === null ? '–' : span(p50)}, p95 {p95 === null ? '–' : span(p95)}
              {workTold(working / ms, waiting / ms)}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

/** What of a stage is known to be work, and what waiting. */
function workTold(work: number, waiting: number): string {
  const parts = [...(work > 0 ? [`${percent(work)} work`] : []), ...(waiting > 0 ? [`${percent(waiting)} waiting`] : [])]
  return parts.length === 0 ? '' : `; ${parts.join(', ')}`
}

type LeadProps = { readonly name: ReactNode; readonly lead: ChangesView['fromBegun']; readonly told: string; readonly href: string }

function Lead({ name, lead: { p50, p95 }, told, href }: LeadProps) {
  return (
    <Figure
      name={name}
      href={href}
      told={`${told}, half of them`}
      sub={[limits(p50), `p95 ${timeOf(p95.value)}`].filter((text) => text !== undefined).join(' · ')}
    >
      {timeOf(p50.value)}
    </Figure>
  )
}

type SpreadProps = {
  readonly name: string
  readonly of: ChangesView['batch']['commits']
  readonly told: string
  readonly href: string
  readonly time?: boolean
}

function Spread({ name, of: { p50, p95, max }, told, href, time = false }: SpreadProps) {
  const word = (value: number) => (time ? span(value) : few(value))
  const sub = [...(p95 === null ? [] : [`p95 ${word(p95)}`]), ...(max === null ? [] : [`most ${word(max)}`])].join(', ')
  return (
    <Figure name={name} href={href} told={told} sub={sub}>
      {p50 === null ? undefined : word(p50)}
    </Figure>
  )
}

function Efficiency({ of, href }: { readonly of: ChangesView['efficiency']; readonly href: string }) {
  if (of === null) return null
  const within = of.low === null || of.high === null ? '' : `${percent(of.low)} – ${percent(of.high)}, `
  return (
    <Figure
      name={<Explained what={of.definition}>Flow efficiency</Explained>}
      href={href}
      told="of the time of which anything is known was work"
      sub={`${within}${percent(of.known)} of the time is known`}
    >
      {percent(of.share)}
    </Figure>
  )
}

function Trunk({
  trunk: { perWeek, days, longestPause, branchAge },
  href,
}: {
  readonly trunk: ChangesView['trunk']
  readonly href: string
}) {
  return (
    <>
      <Figure
        name="Merged / wk"
        href={href}
        told="changes that came into the trunk"
        sub={`on ${plural(days, 'day')}, at most ${span(longestPause)} without`}
      >
        {few(perWeek)}
      </Figure>
      <Figure
        name="Age when merged"
        href={href}
        told="from its first commit until the trunk had it, half of them"
        sub={branchAge === null ? undefined : `p95 ${span(branchAge.p95)}`}
      >
        {branchAge === null ? undefined : span(branchAge.p50)}
      </Figure>
    </>
  )
}
