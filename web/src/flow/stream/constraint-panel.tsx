import { useMemo } from 'react'
import { Link } from 'wouter'
import type { ConstraintView } from '../../api/types.ts'
import { useQuery } from '../../api/query.ts'
import { ProblemNote } from '../../piece/problem-note.tsx'
import { RowsTable, type ColumnOf } from '../../table/rows-table.tsx'
import { NoData, timeOf } from '../flow-row.tsx'
import { useLinks, type Links } from '../links.ts'
import { ShareBar } from './share-bar.tsx'
import { Explained } from '../term.tsx'
import { useArrival } from '../use-arrival.ts'
import { textOf, trialAt } from '../whatif/whatif-trial.ts'
import { few, percent, span } from '../words.ts'
import './constraint.css'

type Leg = ConstraintView['legs'][number]

/** Which part of the way holds the stream up, with the evidence, and why it is none of the others. */
export function ConstraintPanel({ stream, query }: { readonly stream: string; readonly query: string }) {
  const { data, problem } = useQuery<ConstraintView>(`/api/constraint/${encodeURIComponent(stream)}?${query}`)
  if (data === undefined) {
    if (problem === undefined) return <section className="panel flow-panel constraint" aria-busy="true" aria-label="The constraint" />
    return (
      <section className="panel flow-panel" aria-label="The constraint">
        <h2>The constraint</h2>
        <ProblemNote problem={problem} />
      </section>
    )
  }
  return <Proof view={data} stream={stream} />
}

function Proof({ view: data, stream }: { readonly view: ConstraintView; readonly stream: string }) {
  const links = useLinks(stream)
  const columns = useMemo(() => columnsOf(linksOfLegs(links, data.of), links.rows('gates')), [links, data.of])
  useArrival('constraint')
  const { constraint, cannotSay, legs, sentences, little } = data
  // What is named is said above.
  const evidence = sentences.slice(constraint === null ? 1 : 2)
  const isIt = ({ from, to }: Leg) => constraint !== null && constraint.from === from && constraint.to === to
  return (
    <section id="constraint" className="panel flow-panel constraint" aria-label="The constraint">
      <h2>The constraint</h2>
      {constraint === null ? (
        <p className="constraint-verdict soft">Cannot say: {cannotSay ?? 'nothing was on its way'}.</p>
      ) : (
        <p className="constraint-verdict">
          {constraint.cause === 'gate' ? 'The closed gate between ' : ''}
          <strong>
            {constraint.cause === 'gate' ? `${constraint.from} and ${constraint.to}` : `${constraint.from} → ${constraint.to}`}
          </strong>{' '}
          holds <strong>{percent(constraint.share)}</strong> of all the time that {data.of} spent on the way.{' '}
          <span className="soft">
            <Explained what="The window is drawn again and again from its own versions; so many of the draws name the same part. Where fewer agree, nothing is named.">
              {percent(constraint.agreement)} of resampled windows agree
            </Explained>
          </span>
        </p>
      )}
      {legs.some(({ spentMs }) => spentMs > 0) && (
        <ShareBar
          parts={legs.map((leg) => ({ name: `${leg.from} → ${leg.to}`, share: leg.share, colour: isIt(leg) ? 'var(--move)' : undefined }))}
        />
      )}
      {legs.length > 0 && (
        <RowsTable
          label="Evidence"
          className="rows-numbers"
          columns={columns}
          rows={legs}
          keyOf={({ from, to }) => `${from} ${to}`}
          classOf={(leg) => (isIt(leg) ? 'constraint-row' : '')}
        />
      )}
      <ul className="constraint-told">
        {evidence.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
        <li className={little.holds ? 'soft' : 'signal-stop flow-went'}>
          {little.holds
            ? 'Counted by the number on the way over time, and by the time of each version, it is the same (Little’s law): these books agree.'
            : 'Counted by the number on the way over time, and by the time of each version, it is not the same: do not trust these numbers.'}
        </li>
      </ul>
      <p className="flow-more">
        <Link href={constraint === null ? links.view('what-if') : links.tryOut(textOf(trialAt(constraint)))}>
          Try what a change here would do
        </Link>
      </p>
    </section>
  )
}

type LegLinks = Readonly<Record<'passed' | 'waiting' | 'came' | 'left', (leg: Leg) => string>>

/** Where the rows of a part of the way are: versions and deployments, or the changes, which begin before any environment. */
function linksOfLegs({ rows }: Links, of: ConstraintView['of']): LegLinks {
  if (of === 'changes') {
    const changes = () => rows('changes')
    return { passed: changes, came: changes, left: changes, waiting: ({ from }) => rows('changes', { in: from }) }
  }
  return {
    passed: ({ to }) => rows('versions', { to }),
    came: ({ from }) => rows('deployments', { to: from }),
    left: ({ to }) => rows('deployments', { to }),
    waiting: ({ from }) => rows('ageing', { in: from }),
  }
}

const columnsOf = ({ passed, waiting, came, left }: LegLinks, gates: string): readonly ColumnOf<Leg>[] => [
  { name: 'Part of the way', wide: 200, names: true, cell: ({ from, to }) => `${from} → ${to}` },
  {
    name: 'Of the time',
    wide: 96,
    rank: ({ share }) => share ?? undefined,
    cell: (leg) => (leg.share === null ? <NoData /> : <Link href={passed(leg)}>{percent(leg.share)}</Link>),
  },
  {
    name: 'Waits now',
    wide: 90,
    rank: ({ queue }) => queue.now,
    cell: (leg) => <Link href={waiting(leg)}>{leg.queue.now}</Link>,
  },
  {
    name: 'Oldest',
    wide: 80,
    rank: ({ queue }) => queue.oldest ?? undefined,
    cell: (leg) => (leg.queue.oldest === null ? <NoData /> : <Link href={waiting(leg)}>{span(leg.queue.oldest)}</Link>),
  },
  {
    name: 'Came / wk',
    wide: 90,
    rank: ({ arrivalsPerWeek }) => arrivalsPerWeek,
    cell: (leg) => <Link href={came(leg)}>{few(leg.arrivalsPerWeek)}</Link>,
  },
  {
    name: 'Left / wk',
    wide: 90,
    rank: ({ departuresPerWeek }) => departuresPerWeek,
    cell: (leg) => <Link href={left(leg)}>{few(leg.departuresPerWeek)}</Link>,
  },
  {
    name: 'p50',
    wide: 80,
    rank: halfOf,
    cell: (leg) => (leg.arrivals === 0 ? <NoData /> : <Link href={passed(leg)}>{timeOf(leg.p50)}</Link>),
  },
  {
    name: 'Before',
    wide: 80,
    rank: ({ before }) => (before === null ? undefined : halfOf(before)),
    cell: ({ before }) => (before === null || before.arrivals === 0 ? <NoData /> : timeOf(before.p50)),
  },
  {
    name: 'Gate closed',
    wide: 130,
    rank: ({ closedMs }) => closedMs,
    cell: ({ closedMs, closedNow, untoldMs }) => (
      <>
        {closedMs > 0 && <Link href={gates}>{span(closedMs)}</Link>}
        {closedNow && <span className="signal-stop flow-went"> and now</span>}
        {untoldMs > 0 ? `${closedMs > 0 ? ', ' : ''}${span(untoldMs)} not known` : closedMs === 0 && 'never'}
      </>
    ),
  },
]

/** Half of them never came: that is longer than any. */
function halfOf({ arrivals, p50 }: Pick<Leg, 'arrivals' | 'p50'>): number | undefined {
  return arrivals === 0 ? undefined : (p50 ?? Number.MAX_VALUE)
}
