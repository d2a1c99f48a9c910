import { useDeferredValue, useMemo } from 'react'
import { Link, useSearchParams } from 'wouter'
import { useQuery } from '../api/query.ts'
import { useMay } from '../api/rights.ts'
import type { FlagView, StaleFlag } from '../api/types.ts'
import { FirstSteps } from '../piece/first-steps.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { BoardList } from './board-list.tsx'
import { BoardTools } from './board-tools.tsx'
import { countOf, groups, itemsOf, rowsOf, sorts, standings, standingWords, type BoardRow, type Choice } from './board-rows.ts'
import { newFlagText } from './new-flag.ts'
import { ProposalsPanel } from './proposals-panel.tsx'
import { WhyPanel } from './why-panel.tsx'
import './release.css'

/** `/release`: how every flag stands, and where. */
export function ReleasePage() {
  const { data, problem } = useQuery<{ readonly flags: readonly FlagView[] }>('/api/flags')
  useTitle('Release')
  if (data === undefined) return problem === undefined ? <Loading what="the flags" rows={8} /> : <Failed what="flags" problem={problem} />
  return data.flags.length === 0 ? <NoFlags /> : <Board flags={data.flags} />
}

const firstSteps = [
  {
    name: 'flags/new-flag.yaml',
    does: 'a flag that shows nobody anything yet, in your repository beside the code',
    text: newFlagText([], new Date()),
  },
  { name: 'threeways flag set flags/ --reason "the new checkout"', does: 'publishes what is new in the folder; all of it, or nothing' },
  { name: 'threeways flag ramp new-flag 5% --reason "a first look"', does: 'shows it to one of twenty; kill takes it back in a second' },
]

function NoFlags() {
  return (
    <div className="page">
      <header className="page-title">
        <h1>Release</h1>
      </header>
      <div className="calm">
        <p>There is no flag yet: whatever is deployed is released to everybody.</p>
        <FirstSteps steps={firstSteps} />
        <NewFlag />
      </div>
    </div>
  )
}

function NewFlag() {
  const acting = useMay('operate')
  if (!acting) return null
  return (
    <Link className="button small" href="/new-flag">
      New flag…
    </Link>
  )
}

const none: readonly StaleFlag[] = []

function Board({ flags }: { readonly flags: readonly FlagView[] }) {
  const [search, setSearch] = useSearchParams()
  const { data } = useQuery<{ readonly flags: readonly StaleFlag[] }>('/api/stale-flags')
  const environments = useMemo(() => environmentsOf(flags), [flags])
  const choice = choiceIn(search, environments)
  const words = useDeferredValue(choice.words)
  const { show, environment, sort, group } = choice
  const rows = useMemo(() => rowsOf(flags, data?.flags ?? none, environment), [flags, data, environment])
  const items = useMemo(() => itemsOf(rows, { words, show, sort, group }), [rows, words, show, sort, group])
  const asks = search.get('ask') !== null
  const go = (next: Choice, ask: boolean) => setSearch({ ...addressOf(next), ...(ask ? { ask: '' } : {}) }, { replace: true })
  const change = (next: Partial<Choice>) => go({ ...choice, ...next }, asks)
  return (
    <div className="estate release">
      <header className="estate-head">
        <h1>Release</h1>
        <p className="soft" role="status">
          {sentenceOf(rows)}
        </p>
        <NewFlag />
        <Link className="button small" href="/experiments">
          Experiments
        </Link>
        <button type="button" className="button small" aria-expanded={asks} onClick={() => go(choice, !asks)}>
          Who gets what
        </button>
      </header>
      <BoardTools choice={choice} rows={rows} environments={environments} onChange={change} />
      {asks && (
        <div className="release-ask">
          <WhyPanel environments={environments} />
        </div>
      )}
      <ProposalsPanel />
      {items.length === 0 ? (
        <div className="page-none">
          <p>No flag matches.</p>
          <button type="button" className="button" onClick={() => change({ words: '', show: 'all', environment: '' })}>
            Show all
          </button>
        </div>
      ) : (
        <BoardList items={items} />
      )}
    </div>
  )
}

const environmentsOf = (flags: readonly FlagView[]) =>
  [...new Set(flags.flatMap((flag) => flag.environments.map(({ environment }) => environment)))].toSorted()

function choiceIn(search: URLSearchParams, environments: readonly string[]): Choice {
  const one = <T extends string>(name: string, values: readonly T[], otherwise: T): T =>
    values.find((value) => value === search.get(name)) ?? otherwise
  return {
    words: search.get('q') ?? '',
    show: one('show', ['all', 'stale', ...standings], 'all'),
    environment: one('in', environments, ''),
    sort: one('sort', sorts, 'attention'),
    group: one('group', groups, 'none'),
  }
}

/** Only what differs from the usual stands in the address. */
function addressOf({ words, show, environment, sort, group }: Choice): Record<string, string> {
  return {
    ...(words === '' ? {} : { q: words }),
    ...(show === 'all' ? {} : { show }),
    ...(environment === '' ? {} : { in: environment }),
    ...(sort === 'attention' ? {} : { sort }),
    ...(group === 'none' ? {} : { group }),
  }
}

function sentenceOf(rows: readonly BoardRow[]): string {
  const told = (['killed', 'ramp', 'dark'] as const).flatMap((show) => {
    const count = countOf(rows, show)
    return count === 0 ? [] : [`${count} ${standingWords[show]}`]
  })
  const stale = countOf(rows, 'stale')
  const said = [...told, ...(stale === 0 ? [] : [`${stale} that should go`])]
  return `${rows.length} ${rows.length === 1 ? 'flag' : 'flags'}${said.length === 0 ? '' : `: ${said.join(', ')}`}.`
}
