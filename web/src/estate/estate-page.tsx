import { useDeferredValue, useMemo } from 'react'
import { useSearchParams } from 'wouter'
import { useEstate } from '../api/estate.ts'
import type { EstateRow } from '../api/types.ts'
import { Empty } from '../line/empty.tsx'
import { LineOf } from '../line/line-page.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { EstateList } from './estate-list.tsx'
import { EstateTools } from './estate-tools.tsx'
import { countsOf, groups, itemsOf, sorts, standings, standingWords, type Choice } from './rows.ts'
import './estate.css'

/** `/`: every service at a glance; where there is only one, its line. */
export function EstatePage() {
  const { data, problem } = useEstate()
  if (data === undefined)
    return problem === undefined ? <Loading what="the services" rows={8} /> : <Failed what="services" problem={problem} />
  const [only, another] = data
  if (only === undefined) return <Empty />
  return another === undefined ? <LineOf stream={only.stream} /> : <EstateOf rows={data} />
}

function EstateOf({ rows }: { readonly rows: readonly EstateRow[] }) {
  const [search, setSearch] = useSearchParams()
  const choice = choiceIn(search)
  const words = useDeferredValue(choice.words)
  const { standing, sort, group } = choice
  const items = useMemo(() => itemsOf(rows, { words, standing, sort, group }), [rows, words, standing, sort, group])
  const counts = useMemo(() => countsOf(rows), [rows])
  const stopped = counts.get('stopped') ?? 0
  useTitle(stopped > 0 ? `${stopped} stopped · ${rows.length} services` : `${rows.length} services`)
  const change = (next: Partial<Choice>) => setSearch(addressOf({ ...choice, ...next }), { replace: true })
  return (
    <div className="estate">
      <header className="estate-head">
        <h1>Services</h1>
        <p className="soft" role="status">
          {sentence(rows.length, counts)}
        </p>
      </header>
      <EstateTools choice={choice} counts={counts} total={rows.length} onChange={change} />
      <EstateList items={items} onAll={() => change({ words: '', standing: 'all' })} />
    </div>
  )
}

function choiceIn(search: URLSearchParams): Choice {
  const one = <T extends string>(name: string, values: readonly T[], otherwise: T): T =>
    values.find((value) => value === search.get(name)) ?? otherwise
  return {
    words: search.get('q') ?? '',
    standing: one('show', ['all', ...standings], 'all'),
    sort: one('sort', sorts, 'attention'),
    group: one('group', groups, 'none'),
  }
}

/** Only what differs from the usual stands in the address. */
function addressOf({ words, standing, sort, group }: Choice): Record<string, string> {
  return {
    ...(words === '' ? {} : { q: words }),
    ...(standing === 'all' ? {} : { show: standing }),
    ...(sort === 'attention' ? {} : { sort }),
    ...(group === 'none' ? {} : { group }),
  }
}

function sentence(total: number, counts: ReturnType<typeof countsOf>): string {
  const said = standings.flatMap((standing) => {
    const count = counts.get(standing) ?? 0
    return count === 0 || standing === 'quiet' ? [] : [`${count} ${count === 1 ? standingWords[standing] : plural[standing]}`]
  })
  return `${total} services. ${said.length === 0 ? 'All quiet.' : `${said.join(', ')}.`}`
}

const plural = { ...standingWords, attention: 'need attention', waiting: 'wait for a person' }
