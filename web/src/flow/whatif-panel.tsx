import { useEffect, useId, useRef, useState, type RefObject } from 'react'
import { useFixed } from '../api/query.ts'
import { useMay } from '../api/rights.ts'
import type { WhatIfSweep, WhatIfView } from '../api/types.ts'
import { ActionButton, type Action } from '../piece/action.tsx'
import { ProblemNote } from '../piece/problem-note.tsx'
import { Predictions } from './predictions.tsx'
import { timeScale } from './scale.ts'
import { useWidth } from './use-chart.ts'
import { useKept } from './use-kept.ts'
import { percent, span } from './words.ts'

type Figures = NonNullable<WhatIfView['base']>
type Value = Figures['p50']

/** What can be tried, as the command line writes it. */
type Trial =
  | { readonly kind: 'stage'; readonly environment: string; readonly factor: number }
  | { readonly kind: 'gate'; readonly environment: string; readonly open: boolean }
  | { readonly kind: 'batch' | 'wip'; readonly max: number }

const textOf = (trial: Trial): string => {
  switch (trial.kind) {
    case 'stage':
      return `stage ${trial.environment} x${trial.factor}`
    case 'gate':
      return `gate ${trial.environment} ${trial.open ? 'open' : 'closed'}`
    case 'batch':
      return `batch max ${trial.max}`
    case 'wip':
      return `wip ${trial.max}`
  }
}

/** A slider moves faster than anything is worked out. */
const restMs = 160

function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), restMs)
    return () => clearTimeout(timer)
  }, [value])
  return rested
}

/** A simulation is work for the server: it waits until somebody looks. */
function useSeen(ref: RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false)
  useEffect(() => {
    if (ref.current === null || seen) return undefined
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting === true && setSeen(true), { rootMargin: '100px' })
    observer.observe(ref.current)
    return () => observer.disconnect()
  }, [ref, seen])
  return seen
}

type Props = {
  readonly stream: string
  readonly order: readonly string[]
  /** The day from which it is looked, if not the newest. */ readonly asOf: string | undefined
}

/** Tries a change on a simulation of the stream's own history. */
export function WhatIfPanel({ stream, order, asOf }: Props) {
  const places = order.slice(1)
  const [trial, setTrial] = useState<Trial>({ kind: 'stage', environment: places.at(-1)!, factor: 0.5 })
  const change = useRested(textOf(trial))
  const base = `/api/whatif/${encodeURIComponent(stream)}`
  const at = asOf === undefined ? {} : { asOf: `${asOf}T23:59:59.999Z` }
  const may = useMay('operate')
  const panel = useRef<HTMLElement>(null)
  const path = useSeen(panel) ? `${base}?${new URLSearchParams({ change, ...at })}` : undefined
  const { data, problem, old } = useKept(useFixed<WhatIfView>(path), stream)
  return (
    <section ref={panel} id="what-if" className="panel flow-panel whatif" aria-label="What if">
      <h2>What if</h2>
      <p className="soft flow-told">
        A simulation of this stream’s own history with a change made to it: arrivals, times, batches and gates as they were, the same luck
        with and without. Limits hold it in 8 of 10 such windows.
      </p>
      <Bench trial={trial} places={places} onTry={setTrial} />
      <div className={old ? 'whatif-answer whatif-old' : 'whatif-answer'} aria-live="polite" aria-busy={old}>
        {data === undefined ? (
          problem === undefined ? (
            <p className="soft flow-none">Working it out…</p>
          ) : (
            <ProblemNote problem={problem} />
          )
        ) : (
          <Answer view={data} />
        )}
      </div>
      <div className="whatif-keep">
        {may && data?.cannotSay === null && (
          <ActionButton className="small" label="Keep as a prediction…" action={keep(base, textOf(trial), at)} />
        )}
        <span className="soft">
          On the command line:{' '}
          <code>
            threeways whatif {stream} "{textOf(trial)}"
          </code>
        </span>
      </div>
      <Sweep base={base} at={at} />
      <Predictions stream={stream} />
    </section>
  )
}

function keep(path: string, change: string, at: Readonly<Record<string, string>>): Action {
  return {
    title: 'Keep as a prediction',
    explanation: (
      <p>
        <code>{change}</code> is recorded with what it is to do in the four weeks from{' '}
        {at['asOf'] === undefined ? 'now' : at['asOf'].slice(0, 10)} on. When they have passed, what happened stands beside it.
      </p>
    ),
    path,
    body: { change, ...at, ...(at['asOf'] === undefined ? {} : { since: at['asOf'] }) },
    reason: 'none',
    confirm: 'Keep it',
    done: 'The prediction is kept',
  }
}

const kinds = [
  ['stage', 'A step is faster'],
  ['gate', 'A gate'],
  ['batch', 'Smaller batches'],
  ['wip', 'Less at once'],
] as const

type BenchProps = { readonly trial: Trial; readonly places: readonly string[]; readonly onTry: (trial: Trial) => void }

function Bench({ trial, places, onTry }: BenchProps) {
  const last = places.at(-1)!
  const first: Record<Trial['kind'], Trial> = {
    stage: { kind: 'stage', environment: last, factor: 0.5 },
    gate: { kind: 'gate', environment: last, open: true },
    batch: { kind: 'batch', max: 1 },
    wip: { kind: 'wip', max: 3 },
  }
  return (
    <div className="whatif-bench">
      <div className="segments" role="group" aria-label="What changes">
        {kinds.map(([kind, name]) => (
          <button key={kind} type="button" aria-pressed={trial.kind === kind} onClick={() => onTry(first[kind])}>
            {name}
          </button>
        ))}
      </div>
      {'environment' in trial && (
        <label className="select">
          <span className="sr">Environment</span>
          <select value={trial.environment} onChange={({ target }) => onTry({ ...trial, environment: target.value })}>
            {places.map((place) => (
              <option key={place} value={place}>
                {trial.kind === 'stage' ? `until ${place}` : `into ${place}`}
              </option>
            ))}
          </select>
        </label>
      )}
      {trial.kind === 'stage' && (
        <Slider
          label="Its time"
          value={Math.round(Math.log10(trial.factor) * 20)}
          low={-20}
          high={6}
          told={`× ${trial.factor}`}
          onSlide={(value) => onTry({ ...trial, factor: Number((10 ** (value / 20)).toPrecision(2)) })}
        />
      )}
      {trial.kind === 'gate' && (
        <div className="segments" role="group" aria-label="The gate">
          {[true, false].map((open) => (
            <button key={String(open)} type="button" aria-pressed={trial.open === open} onClick={() => onTry({ ...trial, open })}>
              {open ? 'open' : 'closed'}
            </button>
          ))}
        </div>
      )}
      {(trial.kind === 'batch' || trial.kind === 'wip') && (
        <Slider
          label={trial.kind === 'batch' ? 'Versions in a deployment, at most' : 'Versions on the way, at most'}
          value={trial.max}
          low={1}
          high={20}
          told={String(trial.max)}
          onSlide={(max) => onTry({ ...trial, max })}
        />
      )}
    </div>
  )
}

type SliderProps = {
  readonly label: string
  readonly value: number
  readonly low: number
  readonly high: number
  readonly told: string
  readonly onSlide: (value: number) => void
}

function Slider({ label, value, low, high, told, onSlide }: SliderProps) {
  const id = useId()
  return (
    <span className="whatif-slider">
      <label>
        <span>{label}</span>
        <input
          id={id}
          type="range"
          min={low}
          max={high}
          value={value}
          aria-valuetext={told}
          onChange={({ target }) => onSlide(Number(target.value))}
        />
      </label>
      <output htmlFor={id}>{told}</output>
    </span>
  )
}

function Answer({ view: { cannotSay, base, changed, difference, sentences } }: { readonly view: WhatIfView }) {
  if (cannotSay !== null || base === null || changed === null)
    return <p className="whatif-verdict">Cannot say: {cannotSay ?? 'the history says too little'}.</p>
  return (
    <>
      <ul className="constraint-told whatif-told">
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <Ranges base={base} changed={changed} />
      <dl className="whatif-rest">
        <Change name="Arrive within a day" base={base.withinDay} changed={changed.withinDay} word={percent} />
        <Change name="Arrive a week" base={base.perWeek} changed={changed.perWeek} word={(value) => value.toFixed(1)} />
        {difference !== null && (
          <div>
            <dt>Mean time on the way</dt>
            <dd>{savedTold(difference.mean)}</dd>
          </div>
        )}
      </dl>
    </>
  )
}

function savedTold({ value, low, high }: Value): string {
  if (value === null) return 'cannot say'
  const side = (ms: number) => (ms < 0 ? `${span(-ms)} less` : `${span(ms)} more`)
  const limits = low === null || high === null ? '' : ` (${side(low)} – ${side(high)})`
  return Math.abs(value) < 1000 ? `the same${limits}` : `${side(value)}${limits}`
}

type ChangeProps = { readonly name: string; readonly base: Value; readonly changed: Value; readonly word: (value: number) => string }

function Change({ name, base, changed, word }: ChangeProps) {
  const told = (value: number | null) => (value === null ? 'cannot say' : word(value))
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {told(base.value)} → <strong>{told(changed.value)}</strong>
      </dd>
    </div>
  )
}

const rowHeight = 26

/** Lead times as they are and with the change, with their limits, on a scale of logarithms. */
function Ranges({ base, changed }: { readonly base: Figures; readonly changed: Figures }) {
  const box = useRef<HTMLDivElement>(null)
  const width = Math.min(760, useWidth(box))
  const rows = (['p50', 'p85'] as const).flatMap((name) => [
    { name: `${name} as it is`, value: base[name], kind: 'base' },
    { name: `${name} with it`, value: changed[name], kind: 'changed' },
  ])
  const known = rows.flatMap(({ value }) => [value.value, value.low, value.high]).filter((ms) => ms !== null && ms > 0) as number[]
  const left = 92
  const scale = timeScale(Math.min(...known) / 1.6, Math.max(...known) * 1.6, left, Math.max(left + 10, width - 70))
  const height = rows.length * rowHeight + 24
  return (
    <div ref={box} className="flow-chart">
      {width > 0 && known.length > 0 && (
        <svg
          className="whatif-ranges"
          width={width}
          height={height}
          role="img"
          aria-label={rows.map(({ name, value }) => `${name}: ${timeTold(value)}`).join('; ')}
        >
          <g className="grid" aria-hidden="true">
            {scale.ticks.map(({ x, name }) => (
              <g key={name}>
                <path d={`M${x} 0V${height - 20}`} />
                <text x={x} y={height - 5} textAnchor="middle">
                  {name}
                </text>
              </g>
            ))}
          </g>
          {rows.map(({ name, value, kind }, at) => {
            const y = at * rowHeight + rowHeight / 2
            return (
              <g key={name} className={`range range-${kind}`}>
                <text x={0} y={y + 4}>
                  {name}
                </text>
                {value.low !== null && <path d={`M${scale.x(value.low)} ${y}H${value.high === null ? width - 70 : scale.x(value.high)}`} />}
                {value.value !== null && <circle cx={scale.x(value.value)} cy={y} r="5.5" />}
                <text x={width - 62} y={y + 4} className="range-told">
                  {value.value === null ? 'never' : span(value.value)}
                </text>
              </g>
            )
          })}
        </svg>
      )}
    </div>
  )
}

const timeTold = ({ value, low, high }: Value) =>
  `${value === null ? 'never' : span(value)}${low === null || high === null ? '' : ` (${span(low)} – ${span(high)})`}`

/** Each step and gate in turn: all but one gain next to nothing. */
function Sweep({ base, at }: { readonly base: string; readonly at: Readonly<Record<string, string>> }) {
  const [wanted, setWanted] = useState(false)
  const { data, problem } = useFixed<WhatIfSweep>(wanted ? `${base}/sweep?${new URLSearchParams(at)}` : undefined)
  if (!wanted) {
    return (
      <button type="button" className="button small whatif-sweep" onClick={() => setWanted(true)}>
        Try each step and gate in turn
      </button>
    )
  }
  if (data === undefined)
    return problem === undefined ? <p className="soft flow-none">Trying each of them…</p> : <ProblemNote problem={problem} />
  const saved = (view: WhatIfView) => Math.max(0, -(view.difference?.mean.value ?? 0))
  const most = Math.max(1, ...data.rows.map(saved))
  return (
    <ul className="sweep" aria-label="Each in turn">
      {data.rows
        .toSorted((a, b) => saved(b) - saved(a))
        .map((view) => (
          <li key={view.change}>
            <code>{view.change}</code>
            <span className="sweep-bar" aria-hidden="true">
              <i style={{ width: `${(saved(view) / most) * 100}%` }} />
            </span>
            <span className={view.cannotSay === null ? '' : 'soft'}>
              {view.cannotSay === null ? savedTold(view.difference!.mean) : `cannot say: ${view.cannotSay}`}
            </span>
          </li>
        ))}
    </ul>
  )
}
