import { useMemo } from 'react'
import { Link, useSearchParams } from 'wouter'
import { useQuery } from '../../api/query.ts'
import type { RecoveryBoard } from '../../api/types.ts'
import { useTitle } from '../../shell/document-state.ts'
import { Failed, Loading } from '../../shell/notice.tsx'
import { RowsTable, type ColumnOf } from '../../table/rows-table.tsx'
import { FlowPages } from '../flow-pages.tsx'
import { timeOf } from '../flow-row.tsx'
import { knownTold } from '../keys-panel.tsx'
import { missing, TeamPicker, useTeams } from '../team-picker.tsx'
import { useKept } from '../use-kept.ts'
import { addressOf, flowHref, queryOf, teamIn, windowIn } from '../window.ts'
import { WindowPicker } from '../window-picker.tsx'
import { plural } from '../words.ts'
import '../flow.css'

type Row = RecoveryBoard['rows'][number]
type Value = Row['detect']

/** `/recovery`: how failures are mended, of every value stream that has any, or of those of one team. */
export function RecoveryPage() {
  const [search, setSearch] = useSearchParams()
  const window = windowIn(search)
  const team = teamIn(search)
  const teams = useTeams(window)
  const { data, problem, old } = useKept(useQuery<RecoveryBoard>(`/api/recovery?${queryOf(window, team)}`), 'recovery')
  const columns = useColumns()
  useTitle('How failures are mended')
  if (data === undefined)
    return problem === undefined ? (
      <Loading what="how failures are mended" rows={6} />
    ) : (
      <Failed what={missing('recovery', problem)} problem={problem} />
    )
  const failing = data.rows.filter(({ failures }) => failures > 0).toSorted((a, b) => halfOf(b) - halfOf(a))
  const newest = data.rows
    .map((row) => row.asOf)
    .toSorted()
    .at(-1)
  const go = (to: Readonly<Record<string, string>>) => setSearch(to, { replace: true })
  return (
    <div className={old ? 'page flow-one flow-old' : 'page flow-one'}>
      <header className="flow-head">
        <div>
          <FlowPages open="/recovery" address={addressOf(window, team)} />
          <h1>Recovery</h1>
          <p className="flow-sentence" role="status">
            {data.rows.length === 0 && team !== undefined ? nothingTold(team) : sentenceOf(data, failing)}
          </p>
        </div>
        <WindowPicker window={window} newest={newest} onChange={(next) => go(addressOf(next, team))}>
          <TeamPicker teams={teams} chosen={team} onChoose={(next) => go(addressOf(window, next))} />
        </WindowPicker>
      </header>
      {data.rows.length === 0 && team !== undefined ? null : failing.length === 0 ? (
        <div className="calm">
          <p>
            {data.known.length === 0
              ? 'No data is not none: tell of incidents with `threeways event incident`, or bring them in as a table.'
              : data.shared === 0
                ? 'No failure of this window came, more likely than not, of a deployment.'
                : `${data.shared === 1 ? 'One failure' : `${data.shared} failures`} of this window came of a deployment, more likely than not, and of no one stream more likely than not.`}
          </p>
        </div>
      ) : (
        <section className="panel flow-panel" aria-label="Streams with failures">
          <p className="soft flow-told">
            Half of them in each stage. Seen, ran well and over count from the moment before; the fault ran from the deployment that a
            failure came of until what ended it did. What nobody told is unknown, never 0; what is not over counts (Kaplan–Meier).
          </p>
          <RowsTable label="Table of streams" className="rows-numbers" columns={columns} rows={failing} keyOf={({ stream }) => stream} />
        </section>
      )}
    </div>
  )
}

const nothingTold = (team: string) => `Nothing is known of deployments of streams that belonged to “${team}” then.`

/** Half of them are not over: longer than any. */
const halfOf = ({ recovery }: Row) => recovery?.p50.value ?? Number.MAX_VALUE

function sentenceOf({ known, rows }: RecoveryBoard, failing: readonly Row[]): string {
  if (known.length === 0) return knownTold(known)
  const all = failing.reduce((sum, { failures }) => sum + failures, 0)
  const open = failing.reduce((sum, { ways }) => sum + ways.open, 0)
  const quiet = rows.length - failing.length
  return `${plural(all, 'failure')} of ${plural(failing.length, 'stream')}, ${open === 0 ? 'all of them over' : `${open} not over`}; ${plural(quiet, 'stream')} without one. ${knownTold(known)}`
}

function useColumns(): readonly ColumnOf<Row>[] {
  const [search] = useSearchParams()
  const { days, asOf } = windowIn(search)
  return useMemo(() => columnsIn(addressOf({ days, asOf })), [days, asOf])
}

function columnsIn(address: Readonly<Record<string, string>>): readonly ColumnOf<Row>[] {
  const count = (name: string, wide: number, of: (row: Row) => number): ColumnOf<Row> => ({ name, wide, rank: of, cell: of })
  const time = (name: string, wide: number, of: (row: Row) => Value): ColumnOf<Row> => ({
    name,
    wide,
    rank: (row) => rankOf(of(row)),
    cell: (row) => <Time of={of(row)} />,
  })
  return [
    {
      name: 'Service',
      wide: 210,
      names: true,
      rank: ({ stream }) => stream,
      cell: ({ stream }) => <Link href={flowHref(stream, address, 'recovery')}>{stream}</Link>,
    },
    count('Failures', 86, ({ failures }) => failures),
    count('Forward', 82, ({ ways }) => ways.forward),
    count('Back', 66, ({ ways }) => ways.back),
    count('Other', 66, ({ ways }) => ways.other),
    {
      name: 'Not over',
      wide: 86,
      rank: ({ ways }) => ways.open,
      cell: ({ ways }) => (ways.open > 0 ? <span className="signal-stop flow-went">{ways.open}</span> : 0),
    },
    time('Over p50', 90, ({ recovery }) => recovery?.p50 ?? null),
    time('p85', 80, ({ recovery }) => recovery?.p85 ?? null),
    time('Fault ran', 90, ({ exposed }) => exposed),
    time('Seen', 84, ({ detect }) => detect),
    time('Ran well', 88, ({ recover }) => recover),
    time('Over', 84, ({ verify }) => verify),
  ]
}

const rankOf = (value: Value) => (value === null ? undefined : (value.value ?? Number.MAX_VALUE))

function Time({ of }: { readonly of: Value }) {
  return of === null ? <span className="soft">unknown</span> : timeOf(of.value)
}
