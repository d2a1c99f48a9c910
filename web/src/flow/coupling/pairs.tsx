import { useMemo } from 'react'
import { Link, useSearchParams } from 'wouter'
import type { CouplingView } from '../../api/types.ts'
import { RowsTable, type ColumnOf } from '../../table/rows-table.tsx'
import { addressOf, flowHref, windowIn } from '../window.ts'
import { few, percent } from '../words.ts'

type Pair = CouplingView['rows'][number]

const keyOf = ({ a, b }: Pair) => `${a} ${b}`

type Props = {
  readonly rows: readonly Pair[]
  readonly onPair?: (pair: Pair) => void
  /** What a pair stands on can be seen. */
  readonly onOpen?: (pair: Pair) => void
  /** All of them are with this one, so it is not said again. */
  readonly beside?: string
}

/** Streams that go together, each pair with its numbers. */
export function Pairs({ rows, onPair, onOpen, beside }: Props) {
  const [search] = useSearchParams()
  const { days, asOf } = windowIn(search)
  const owned = rows.some(({ teamA, teamB }) => teamA !== null || teamB !== null)
  const columns = useMemo(() => columnsIn(addressOf({ days, asOf }), beside, owned, onOpen), [days, asOf, beside, owned, onOpen])
  return <RowsTable label="Table of pairs" columns={columns} rows={rows} keyOf={keyOf} {...(onPair ? { onPoint: onPair } : {})} />
}

/** Two teams that must deploy together wait for each other. */
const teams: ColumnOf<Pair> = {
  name: 'Teams',
  wide: 170,
  rank: (pair) => whose(pair),
  cell: (pair) => (pair.teamA === pair.teamB ? <span className="soft">{whose(pair)}</span> : <b>{whose(pair)}</b>),
}
const whose = ({ teamA, teamB }: Pair) => [...new Set([teamA ?? 'nobody', teamB ?? 'nobody'])].join(' + ')

const columnsIn = (
  address: Readonly<Record<string, string>>,
  beside: string | undefined,
  owned: boolean,
  onOpen: Props['onOpen'],
): readonly ColumnOf<Pair>[] => [
  {
    name: beside === undefined ? 'Pair' : 'Stream',
    wide: beside === undefined ? 330 : 200,
    rank: keyOf,
    cell: ({ a, b }) =>
      [a, b]
        .filter((stream) => stream !== beside)
        .map((stream, at) => (
          <span key={stream}>
            {at > 0 && ' · '}
            <Link href={flowHref(stream, address, 'batches')}>{stream}</Link>
          </span>
        )),
  },
  ...(owned ? [teams] : []),
  {
    name: 'Together',
    wide: 100,
    rank: ({ together }) => together,
    cell: (pair) =>
      onOpen === undefined ? (
        pair.together
      ) : (
        <button
          type="button"
          className="button small quiet"
          aria-label={`${pair.together} pieces of work of ${pair.a} and ${pair.b}`}
          onClick={() => onOpen(pair)}
        >
          {pair.together}
        </button>
      ),
  },
  {
    name: 'Of',
    wide: 110,
    rank: ({ timesA, timesB }) => Math.min(timesA, timesB),
    cell: ({ timesA, timesB }) => `${timesA} and ${timesB}`,
  },
  { name: 'Support', wide: 86, rank: ({ support }) => support, cell: ({ support }) => percent(support) },
  {
    name: 'Confidence',
    wide: 140,
    rank: ({ confidence }) => confidence,
    cell: ({ confidenceA, confidenceB }) => `${percent(confidenceA)} and ${percent(confidenceB)}`,
  },
  { name: 'Lift', wide: 86, rank: ({ lift }) => lift, cell: ({ lift }) => `${few(lift)} ×` },
  { name: 'p', wide: 86, rank: ({ p }) => p, cell: ({ p }) => (p < 0.0001 ? '< 0.0001' : p.toFixed(4)) },
]
