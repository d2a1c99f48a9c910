import { useMemo, useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { useQuery } from '../../api/query.ts'
import type { CouplingView } from '../../api/types.ts'
import { useTitle } from '../../shell/document-state.ts'
import { Failed, Loading } from '../../shell/notice.tsx'
import { BatchPanel } from '../stream/batch-panel.tsx'
import { ByPicker, byIn, meanings, titles } from './by.tsx'
import { groupsOf } from './coupling-order.ts'
import { Predictions } from '../whatif/predictions.tsx'
import { missing, TeamPicker, useTeams } from '../team-picker.tsx'
import { useKept } from '../use-kept.ts'
import { FlowPages } from '../flow-pages.tsx'
import { Matrix } from './matrix.tsx'
import { PairWorksPanel } from './pair-works.tsx'
import { Pairs } from './pairs.tsx'
import { TableButton } from './table-button.tsx'
import { addressOf, flowHref, queryOf, teamIn, windowIn } from '../window.ts'
import { WindowPicker } from '../window-picker.tsx'
import { dayIn, few, percent, plural } from '../words.ts'
import '../flow.css'

type Pair = CouplingView['rows'][number]

/** `/coupling`: value streams that are deployed, or changed, together more often than by chance: a sign of too tight an architecture. */
export function CouplingPage() {
  const [search, setSearch] = useSearchParams()
  const window = windowIn(search)
  const team = teamIn(search)
  const teams = useTeams(window)
  const by = byIn(search)
  const query = `by=${by}&${queryOf(window, team)}`
  const { data, problem, old } = useKept(useQuery<CouplingView>(`/api/coupling?${query}`), `coupling ${by}`)
  const change = (next: Readonly<Record<string, string>>) =>
    setSearch({ ...next, ...(by === 'deployment' ? {} : { by }) }, { replace: true })
  useTitle(titles[by])
  if (data === undefined)
    return problem === undefined ? (
      <Loading what="what goes together" rows={5} />
    ) : (
      <Failed what={missing('coupling', problem)} problem={problem} />
    )
  return (
    <div className={old ? 'page flow-one flow-old' : 'page flow-one'}>
      <header className="flow-head">
        <div>
          <FlowPages open="/coupling" address={addressOf(window, team)} />
          <h1>{titles[by]}</h1>
          <p className="flow-sentence">{sentenceOf(data, team)}</p>
        </div>
        <WindowPicker window={window} newest={data.until ?? undefined} onChange={(next) => change(addressOf(next, team))}>
          <TeamPicker teams={teams} chosen={team} onChoose={(next) => change(addressOf(window, next))} />
        </WindowPicker>
      </header>
      <ByPicker by={by} window={window} team={team} />
      {data.rows.length === 0 ? (
        <div className="calm">
          <p>{noneTold(data, team)}</p>
        </div>
      ) : (
        <Coupled view={data} query={query} />
      )}
      <PairWorksPanel window={window} by={by} />
      <BatchPanel query={queryOf(window, team)} />
      <section className="panel flow-panel all-predictions" aria-label="Predictions">
        <Predictions team={team} />
      </section>
    </div>
  )
}

/** That nothing is known is not that nothing goes together. */
const isUnknown = ({ named }: CouplingView) => named !== null && named.changes === 0

function noneTold(view: CouplingView, team: string | undefined) {
  if (isUnknown(view))
    return (
      <>
        <code>threeways import git</code> brings changes in.
      </>
    )
  const subject = team === undefined ? 'No two streams were' : `No stream of “${team}” was`
  const other = team === undefined ? '' : ' with another'
  return `${subject} ${view.by === 'deployment' ? 'deployed' : 'changed'} together${other} more often than by chance.`
}

function sentenceOf(view: CouplingView, team: string | undefined): string {
  if (isUnknown(view)) return 'No change of any value stream is known in this window, so it cannot be said which go together.'
  const { by, environment, since, until, minutes, looked, mass, rows, named } = view
  if (since === null || until === null || (by === 'deployment' && environment === null))
    return 'Nothing was deployed yet, as far as is known here.'
  const together = {
    deployment: `came to ${environment} within ${minutes} minutes of each other`,
    change: 'were touched by one change of a repository that both are a part of',
    work: 'were touched by one piece of work, in different repositories,',
  }[by]
  const known =
    named === null
      ? ''
      : ` ${named.named} of ${plural(named.changes, 'change')} belong to ${plural(named.works, 'piece')} of work; of the others nothing is known.`
  const common =
    named === null || named.common.length === 0 ? '' : ` Named by more than a quarter, and left out: ${named.common.join(', ')}.`
  const left =
    mass === 0
      ? ''
      : ` ${plural(mass, 'time')} at which more than a fifth of all were ${by === 'deployment' ? 'deployed' : 'changed'} are left out.`
  return `${plural(rows.length, 'pair')}${team === undefined ? '' : ` with a stream of “${team}”`} of ${looked} ${together} more often than by chance, from ${dayIn(since)} until ${dayIn(until)}.${left}${known}${common}`
}

/** The last that was pointed at stays, so that its streams can be opened. */
function Read({ pair }: { readonly pair: Pair }) {
  const [search] = useSearchParams()
  const address = addressOf(windowIn(search))
  const { a, b, together, timesA, timesB, confidence, lift, p } = pair
  return (
    <span>
      <Link href={flowHref(a, address, 'batches')}>{a}</Link> and <Link href={flowHref(b, address, 'batches')}>{b}</Link>: {together} times
      together, of {timesA} and {timesB}; {percent(confidence)} of the rarer with the other, {few(lift)} times as often as by chance (p{' '}
      {p < 0.0001 ? '< 0.0001' : p.toFixed(4)})
    </span>
  )
}

function Coupled({ view, query }: { readonly view: CouplingView; readonly query: string }) {
  const [, setSearch] = useSearchParams()
  const groups = useMemo(() => groupsOf(view.rows), [view])
  const [pair, setPair] = useState<Pair>()
  const open = ({ a, b }: Pair) =>
    setSearch((search) => {
      const next = new URLSearchParams(search)
      next.set('a', a)
      next.set('b', b)
      return next
    })
  return (
    <>
      <section className="panel flow-panel" aria-label="Map">
        <h2>Map</h2>
        <p className="soft flow-told">
          Each square is a pair; the darker, the more of the times of the rarer one went with the other. Groups of streams that hang
          together stand together:{' '}
          {groups
            .slice(0, 3)
            .map((group) => group.length)
            .join(', ')}
          {groups.length > 3 && ' …'} of them.
        </p>
        <Matrix rows={view.rows} groups={groups} pair={pair} onPair={setPair} />
        <p className="chart-read soft" aria-live="polite">
          {pair === undefined ? 'Point at a square, or at a row below.' : <Read pair={pair} />}
        </p>
      </section>
      <section className="panel flow-panel" aria-label="Pairs">
        <h2>Pairs, the surest first</h2>
        <p className="soft flow-told">
          {meanings[view.by]} Of: times of each. Support: share of all times. Confidence: of the times of each, so many with the other.
          Lift: so many times as often as by chance. p: Fisher, one-sided, corrected for the number of pairs.
        </p>
        <Pairs rows={view.rows} onPair={setPair} {...(view.by === 'work' ? { onOpen: open } : {})} />
        <p className="flow-more">
          <TableButton path={`/api/coupling?${query}`} name={`coupling-by-${view.by}.csv`} />
        </p>
      </section>
    </>
  )
}
