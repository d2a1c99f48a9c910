import { useEffect, useRef, useState } from 'react'
import { asProblem, type Problem } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { ProblemNote } from '../piece/problem-note.tsx'

const kept = 1500
const tellMs = 120

type Line = { readonly key: number; readonly service: string; readonly line: string }

/** What the services of an environment write, as they write it. */
export function EnvironmentLog({ id, services }: { readonly id: string; readonly services: readonly string[] }) {
  const [service, setService] = useState('')
  return <LinesOf key={service} id={id} services={services} service={service} onService={setService} />
}

type LinesProps = {
  readonly id: string
  readonly services: readonly string[]
  /** '': all. */
  readonly service: string
  readonly onService: (service: string) => void
}

function LinesOf({ id, services, service, onService }: LinesProps) {
  const [words, setWords] = useState('')
  const [lines, problem] = useLines(id, service)
  const [follow, setFollow] = useState(true)
  const box = useRef<HTMLDivElement>(null)
  const wanted = words.trim().toLowerCase()
  const shown = wanted === '' ? lines : lines.filter(({ line }) => line.toLowerCase().includes(wanted))
  useEffect(() => {
    if (follow) box.current?.scrollTo({ top: box.current.scrollHeight })
  })
  return (
    <section className="log" aria-label="Log">
      <div className="log-bar">
        <label className="log-search">
          <span className="sr">Only lines with</span>
          <input
            className="input"
            type="search"
            placeholder="Only lines with…"
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
        </label>
        {services.length > 1 && (
          <label className="select">
            <span className="sr">Service</span>
            <select value={service} onChange={(event) => onService(event.target.value)}>
              <option value="">all services</option>
              {services.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
        <button type="button" className="button small" aria-pressed={follow} onClick={() => setFollow(!follow)}>
          Follow
        </button>
      </div>
      <div
        className="environment-log"
        ref={box}
        role="log"
        tabIndex={0}
        aria-label="Log lines"
        onWheel={(event) => event.deltaY < 0 && setFollow(false)}
      >
        {shown.map(({ key, service: from, line }) => (
          <p key={key}>
            {services.length > 1 && <span className="environment-log-from">{from}</span>}
            {line}
          </p>
        ))}
        {shown.length === 0 && problem === undefined && (
          <p className="environment-log-from">{lines.length === 0 ? 'Nothing was written yet.' : 'No line has it.'}</p>
        )}
      </div>
      <div className="log-foot">
        <p>
          {lines.length.toLocaleString('en')} {lines.length === 1 ? 'line' : 'lines'}, more as it comes
        </p>
        {problem !== undefined && <ProblemNote problem={problem} />}
      </div>
    </section>
  )
}

/** The latest lines, and what comes. */
function useLines(id: string, service: string): readonly [readonly Line[], Problem | undefined] {
  const [lines, setLines] = useState<readonly Line[]>([])
  const [problem, setProblem] = useState<Problem>()
  useEffect(() => {
    const abort = new AbortController()
    const query = new URLSearchParams({ name: id, lines: '500', follow: 'true', ...(service === '' ? {} : { service }) })
    let pending: Line[] = []
    const timer = setInterval(() => {
      const come = pending
      pending = []
      if (come.length > 0) setLines((old) => [...old, ...come].slice(-kept))
    }, tellMs)
    readLines(`/api/environments/logs?${query}`, abort.signal, (line) => pending.push(line)).catch((error: unknown) => {
      if (!abort.signal.aborted) setProblem(asProblem(error))
    })
    return () => {
      abort.abort()
      clearInterval(timer)
    }
  }, [id, service])
  return [lines, problem]
}

/** JSON lines; chunks may end anywhere. @throws Problem */
async function readLines(path: string, signal: AbortSignal, told: (line: Line) => void): Promise<void> {
  const { body } = await request(path, { signal })
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  let key = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const parts = (rest + value).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) if (part !== '') told({ key: key++, ...(JSON.parse(part) as { service: string; line: string }) })
  }
}
