import { useCallback, useDeferredValue, useMemo, useState } from 'react'
import { ProblemNote } from '../piece/problem-note.tsx'
import { useLog, type LogState } from './use-log.ts'
import { LogSearch } from './log-search.tsx'
import { LogWindow } from './log-window.tsx'
import './log.css'

/** A step's log: live, searchable, of any length. */
export function LogViewer({ run, step, live }: { readonly run: string; readonly step: string; readonly live: boolean }) {
  const [paused, setPaused] = useState(false)
  const [follow, setFollow] = useState(live)
  const [wrap, setWrap] = useState(true)
  const [search, setSearch] = useState('')
  const [hit, setHit] = useState(0)
  const state = useLog(run, step, paused)
  const { log, complete } = state
  const wanted = useDeferredValue(search).toLowerCase()
  const version = log.version
  // The log grows in place; its version says when to look again.
  const hits = useMemo(() => linesWith(log.lines, wanted), [log, version, wanted])
  const goTo = (index: number) => {
    setFollow(false)
    setHit((index + hits.length) % Math.max(1, hits.length))
  }
  const changeSearch = useCallback((text: string) => {
    setSearch(text)
    setHit(0)
    if (text !== '') setFollow(false)
  }, [])
  return (
    <section className="log" aria-label="Log">
      <div className="log-bar">
        <LogSearch search={search} onSearch={changeSearch} hits={hits.length} hit={hit} onGo={goTo} />
        <Toggle on={wrap} set={setWrap} label="Wrap" />
        <Toggle on={follow} set={setFollow} label="Follow" />
        {!complete && <Toggle on={paused} set={setPaused} label="Pause" />}
      </div>
      <LogWindow log={log} version={version} wrap={wrap} follow={follow} onFollow={setFollow} wanted={wanted} shown={hits[hit]} />
      <LogFoot state={state} paused={paused} />
    </section>
  )
}

function linesWith(lines: readonly { readonly text: string }[], wanted: string): readonly number[] {
  if (wanted === '') return []
  const found: number[] = []
  for (let index = 0; index < lines.length; index++) if (lines[index]!.text.toLowerCase().includes(wanted)) found.push(index)
  return found
}

function Toggle({ on, set, label }: { readonly on: boolean; readonly set: (on: boolean) => void; readonly label: string }) {
  return (
    <button type="button" className="button small" aria-pressed={on} onClick={() => set(!on)}>
      {label}
    </button>
  )
}

function LogFoot({ state, paused }: { readonly state: LogState; readonly paused: boolean }) {
  const { log, complete, problem, longAt, readOn } = state
  return (
    <div className="log-foot">
      <p>
        {log.total.toLocaleString('en')} {log.total === 1 ? 'line' : 'lines'}
        {log.dropped > 0 && `, the first ${log.dropped.toLocaleString('en')} not kept here`}
        {complete ? ', complete' : paused ? ', paused' : longAt === undefined ? ', more as it comes' : ', very long'}
      </p>
      {longAt !== undefined && (
        <button type="button" className="button small" onClick={readOn}>
          Read on after {Math.round(longAt / 1024 / 1024)} MB
        </button>
      )}
      {problem !== undefined && <ProblemNote problem={problem} />}
    </div>
  )
}
