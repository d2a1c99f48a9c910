import { useCallback, useDeferredValue, useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { ProblemNote } from '../piece/problem-note.tsx'
import { LogReader, type LogState } from './log-reader.ts'
import { LogSearch } from './log-search.tsx'
import { LogWindow } from './log-window.tsx'
import './log.css'

type Props = {
  readonly run: string
  readonly step: string
  /** Opens at the end: what is written now, or what a failure said last. */
  readonly atEnd: boolean
}

/** A step's log: live, searchable, of any length. */
export function LogViewer({ run, step, atEnd }: Props) {
  const [reader] = useState(() => new LogReader(run, step))
  const [paused, setPaused] = useState(false)
  const [follow, setFollow] = useState(atEnd)
  const [wrap, setWrap] = useState(true)
  const [search, setSearch] = useState('')
  const [hit, setHit] = useState(0)
  const state = useSyncExternalStore(reader.subscribe, () => reader.state)
  useEffect(() => {
    if (paused) return
    reader.start()
    return reader.stop
  }, [reader, paused])
  const wanted = useDeferredValue(search).toLowerCase()
  const hits = useMemo(() => linesWith(state, wanted), [state, wanted])
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
        {!state.complete && <Toggle on={paused} set={setPaused} label="Pause" />}
      </div>
      <LogWindow state={state} wrap={wrap} follow={follow} onFollow={setFollow} wanted={wanted} shown={hits[hit]} />
      <LogFoot state={state} paused={paused} onReadOn={reader.readOn} />
    </section>
  )
}

function linesWith({ lines }: LogState, wanted: string): readonly number[] {
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

function LogFoot({ state, paused, onReadOn }: { readonly state: LogState; readonly paused: boolean; readonly onReadOn: () => void }) {
  const { lines, dropped, complete, problem, longAt } = state
  const total = dropped + lines.length
  return (
    <div className="log-foot">
      <p>
        {total.toLocaleString('en')} {total === 1 ? 'line' : 'lines'}
        {dropped > 0 && `, the first ${dropped.toLocaleString('en')} not kept here`}
        {complete ? ', complete' : paused ? ', paused' : longAt === undefined ? ', more as it comes' : ', very long'}
      </p>
      {longAt !== undefined && (
        <button type="button" className="button small" onClick={onReadOn}>
          Read on after {Math.round(longAt / 1024 / 1024)} MB
        </button>
      )}
      {problem !== undefined && <ProblemNote problem={problem} />}
    </div>
  )
}
