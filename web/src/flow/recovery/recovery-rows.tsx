import { useMemo } from 'react'
import { Link } from 'wouter'
import type { RecoveryView } from '../../api/types.ts'
import type { ColumnOf } from '../../table/rows-table.tsx'
import { At, lasted, Signal, Version } from '../rows/cells.tsx'
import { useLinks } from '../links.ts'
import { MendStrip, segmentsOf } from './mend-strip.tsx'
import { failureWords } from '../rows/rows-failures.tsx'
import { Rows } from '../rows/rows.tsx'
import { useArrival } from '../use-arrival.ts'
import { percent, span } from '../words.ts'

type Row = RecoveryView['rows'][number]

/** Each failure with its moments. */
export function RecoveryRows({ view }: { readonly view: RecoveryView }) {
  const { stream, asOf, rows, failures } = view
  const links = useLinks(stream)
  useArrival('failures')
  const columns = useMemo(() => columnsOf(rows, asOf), [rows, asOf])
  return (
    <section id="failures" className="panel flow-panel recovery-rows" aria-label="Failures">
      <h2>Failures</h2>
      <p className="soft flow-told">
        <Legend /> Times on a scale of logarithms, from a minute on. What is not known says why when pointed at.{' '}
        <Link href={links.rows('failures')}>What they came of, each as likely as it is</Link>
      </p>
      <Rows columns={columns} rows={rows} keyOf={({ kind, id }) => `${kind} ${id}`} none="None." total={failures} />
    </section>
  )
}

const legend = [
  ['until it was seen', 'var(--stop)'],
  ['until what ended it ran', 'var(--move)'],
  ['until it was over', 'var(--go)'],
] as const

function Legend() {
  return (
    <span className="recovery-legend">
      {legend.map(([name, colour]) => (
        <span key={name}>
          <i className="key share-coloured" style={{ '--share': colour } as Record<string, unknown>} aria-hidden="true" /> {name}
        </span>
      ))}
    </span>
  )
}

function columnsOf(rows: readonly Row[], asOf: string): readonly ColumnOf<Row>[] {
  const longest = Math.max(1, ...rows.map((row) => segmentsOf(row, asOf).at(-1)?.end ?? 0))
  const whole = ({ began, over }: Row) => lasted(began, over ?? asOf)
  return [
    {
      name: 'Failure',
      wide: 180,
      cell: ({ kind, summary, id }) => (
        <>
          {failureWords[kind]} <span className="soft">{summary ?? (kind === 'incident' ? id : '')}</span>
        </>
      ),
    },
    { name: 'Began', wide: 152, rank: ({ began }) => began, cell: ({ began }) => <At at={began} /> },
    { name: 'How it went', wide: 170, cell: (row) => <MendStrip row={row} asOf={asOf} longest={longest} /> },
    { name: 'Seen after', wide: 86, rank: ({ detectMs }) => detectMs ?? undefined, cell: (row) => <Took row={row} ms={row.detectMs} /> },
    {
      name: 'Ran well after',
      wide: 110,
      rank: ({ recoverMs }) => recoverMs ?? undefined,
      cell: (row) => <Took row={row} ms={row.recoverMs} />,
    },
    { name: 'Over after', wide: 86, rank: ({ verifyMs }) => verifyMs ?? undefined, cell: (row) => <Took row={row} ms={row.verifyMs} /> },
    { name: 'Ended by', wide: 136, cell: EndedBy },
    {
      name: 'Lasted',
      wide: 104,
      rank: whole,
      cell: (row) => (row.over === null ? <Signal of="stop">{span(whole(row))} so far</Signal> : span(whole(row))),
    },
    {
      name: 'Came of',
      wide: 130,
      rank: ({ probability }) => probability ?? undefined,
      cell: ({ version, probability }) =>
        version !== null && (
          <>
            {probability !== null && percent(probability)} <Version of={version} />
          </>
        ),
    },
  ]
}

function Took({ row, ms }: { readonly row: Row; readonly ms: number | null }) {
  if (ms !== null) return span(ms)
  return (
    <span className="soft" title={row.unknown.join('; ')}>
      {row.over === null && row.unknown.length === 0 ? 'not yet' : 'unknown'}
      <span className="sr">: {row.unknown.join('; ')}</span>
    </span>
  )
}

function EndedBy({ way, by }: Row) {
  if (way === 'open') return ''
  if (way === 'other' || by === null) return <span className="soft">no deployment</span>
  return (
    <>
      {way} to <Version of={by} />
    </>
  )
}
