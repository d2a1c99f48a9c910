import { useDeferredValue, useMemo } from 'react'
import { Link, useSearchParams } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { ConstraintBoard, FlowRow } from '../api/types.ts'
import { Icon } from '../piece/icon.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { FlowList, columnName } from './flow-list.tsx'
import { FlowPages } from './flow-pages.tsx'
import type { Held } from './flow-row.tsx'
import { EstateKeys } from './keys-panel.tsx'
import { NothingKnown } from './nothing-known.tsx'
import { TeamPicker, useTeams } from './team-picker.tsx'
import { columns, rowsOf, type Column, type Order } from './flow-rows.ts'
import { addressOf, queryOf, searchOf, teamIn, windowIn, windows, type FlowWindow } from './window.ts'
import { useKept } from './use-kept.ts'
import { WindowPicker } from './window-picker.tsx'
import { dayIn, plural } from './words.ts'
import { WordFilter } from '../piece/word-filter.tsx'
import './flow.css'

type Board = { readonly streams: readonly FlowRow[] }

/** `/flow`: how every value stream really flows, in a window and as of any day. */
export function FlowPage() {
  const [search, setSearch] = useSearchParams()
  const window = windowIn(search)
  const { data, problem, old } = useKept(useQuery<Board>(`/api/flow?${queryOf(window)}`), 'board')
  useTitle('How changes flow')
  if (data === undefined) return problem === undefined ? <Loading what="the flow" rows={8} /> : <Failed what="flow" problem={problem} />
  if (data.streams.length === 0)
    return <NothingKnown asOf={window.asOf} onNewest={() => setSearch(addressOf({ ...window, asOf: undefined }), { replace: true })} />
  return <BoardOf streams={data.streams} old={old} window={window} />
}

function orderIn(search: URLSearchParams): Order {
  const by = columns.find((column) => column === search.get('sort')) ?? 'p50'
  return { by, down: search.get('dir') === null ? by !== 'stream' : search.get('dir') === 'down' }
}

type BoardProps = { readonly streams: readonly FlowRow[]; readonly old: boolean; readonly window: FlowWindow }

function BoardOf({ streams: all, old, window }: BoardProps) {
  const [search, setSearch] = useSearchParams()
  const [words, setWords] = [search.get('q') ?? '', (q: string) => change({ q })]
  const order = orderIn(search)
  const team = teamIn(search)
  const teams = useTeams(window)
  const streams = useMemo(() => (team === undefined ? all : all.filter(({ stream }) => teams?.get(stream) === team)), [all, team, teams])
  const change = (next: {
    readonly window?: FlowWindow
    readonly q?: string
    readonly order?: Order
    readonly team?: string | undefined
  }) => {
    const sort = next.order ?? order
    const q = next.q ?? words
    const owner = 'team' in next ? next.team : team
    setSearch(
      {
        ...addressOf(next.window ?? window, owner),
        ...(q === '' ? {} : { q }),
        ...(sort.by === 'p50' && sort.down ? {} : { sort: sort.by, dir: sort.down ? 'down' : 'up' }),
      },
      { replace: true },
    )
  }
  const deferred = useDeferredValue(words)
  const { by, down } = order
  const rows = useMemo(() => rowsOf(streams, deferred, { by, down }, teams), [streams, deferred, by, down, teams])
  const held = useHeld(window)
  const { days, asOf } = window
  const params = useMemo(() => addressOf({ days, asOf }), [days, asOf])
  const address = addressOf(window, team)
  const sort = (column: Column) => change({ order: { by: column, down: column === by ? !down : column !== 'stream' } })
  return (
    <div className={old ? 'flow flow-old' : 'flow'}>
      <header className="flow-head">
        <div>
          <FlowPages open="/flow" address={address} />
          <h1>Flow</h1>
          <p className="soft" role="status">
            {streams.length > 0 ? sentenceOf(streams, window) : teams === undefined ? '' : `No stream belonged to “${team}” then.`}
          </p>
        </div>
        <WindowPicker window={window} newest={newestOf(all)} onChange={(next) => change({ window: next })} />
      </header>
      <EstateKeys
        query={queryOf(window, team)}
        team={team}
        sortBy={(by) => `/flow${searchOf({ ...address, sort: by, dir: 'down' })}`}
        recovery={`/recovery${searchOf(address)}`}
      />
      <div className="flow-tools">
        <WordFilter of="streams" words={words} onChange={setWords} />
        <TeamPicker teams={teams} chosen={team} onChoose={(next) => change({ team: next })} />
        <label className="select flow-sort">
          <span className="sr">Order</span>
          <select value={by} onChange={({ target }) => sort(target.value as Column)}>
            {columns.map((column) => (
              <option key={column} value={column}>
                {columnName(column)}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          className="button small flow-turn"
          aria-label={down ? 'Largest first; turn the order' : 'Smallest first; turn the order'}
          onClick={() => change({ order: { by, down: !down } })}
        >
          <Icon name={down ? 'down' : 'up'} />
        </button>
        <p className="soft flow-note">
          Lead time with what is still on its way (Kaplan–Meier). <b className="flow-arrow">⇥</b> the constraint.{' '}
          <b aria-hidden="true">–</b> is no data, not 0.
        </p>
      </div>
      {rows.length === 0 && (team === undefined || teams !== undefined) ? (
        <div className="page-none">
          <p>No stream matches.</p>
          <button type="button" className="button" onClick={() => change({ q: '', team: undefined })}>
            Show all
          </button>
        </div>
      ) : (
        <FlowList rows={rows} held={held} teams={teams} order={order} onSort={sort} params={params} />
      )}
      <p className="soft flow-more">
        <Link href={`/coupling${searchOf(address)}`}>What is deployed together, and whether larger deployments fail more often</Link>. The
        same on the command line: <code>threeways flow</code>, <code>threeways flow keys</code>, <code>threeways flow coupling</code>.
      </p>
    </div>
  )
}

/** What holds up each of them; those of which it cannot be said are left out. */
function useHeld(window: FlowWindow): ReadonlyMap<string, Held> {
  const { data } = useKept(useQuery<ConstraintBoard>(`/api/constraint?${queryOf(window)}`), 'held')
  return useMemo(
    () =>
      new Map(
        data?.rows.flatMap(({ stream, constraint, sentences }) =>
          constraint === null ? [] : [[stream, { to: constraint.to, told: sentences.slice(0, 2).join(' ') }] as const],
        ),
      ),
    [data],
  )
}

const newestOf = (streams: readonly FlowRow[]) =>
  streams
    .map(({ asOf }) => asOf)
    .toSorted()
    .at(-1)

function sentenceOf(streams: readonly FlowRow[], { days }: FlowWindow): string {
  const moving = streams.filter(({ deployments }) => deployments > 0)
  const all = moving.reduce((sum, { deployments }) => sum + deployments, 0)
  const told = windows.find((one) => one.days === days)!.told
  const ends = (moving.length === 0 ? streams : moving).map(({ asOf }) => dayIn(asOf))
  // Of some nothing was heard for long: each has its own window.
  const until = ends.every((end) => end === ends[0])
    ? `until ${ends[0]!}`
    : `until each was last heard of, ${dayIn(newestOf(streams)!)} at the latest`
  const still = streams.length - moving.length
  return `${plural(all, 'deployment')} of ${plural(moving.length, 'stream')} in ${told} ${until}${still === 0 ? '' : `; of ${plural(still, 'stream')} none`}.`
}
