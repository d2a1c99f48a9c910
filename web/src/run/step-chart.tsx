import type { RunView, StepView } from '../api/types.ts'
import { useTicking } from '../piece/age.tsx'
import { Mark } from '../piece/mark.tsx'
import { hasEnded, signalOf, wordFor } from '../piece/state.ts'
import { duration } from '../piece/time.ts'
import { groupsOf, scaleOf, type Scale } from './timeline.ts'

type Selection = { readonly selected: string | undefined; readonly onSelect: (name: string) => void }

/** Every step as a bar over time, by stage. Choosing one opens its log. */
export function StepChart({ run, selected, onSelect }: { readonly run: RunView } & Selection) {
  const ticking = useTicking((now) => (run.finishedAt === null ? String(Math.floor(now / 1000) * 1000) : ''))
  const now = ticking === '' ? Date.parse(run.finishedAt ?? run.queuedAt) : Number(ticking)
  const started = run.steps.flatMap((step) => (step.startedAt === null ? [] : [Date.parse(step.startedAt)]))
  const scale = scaleOf(run.steps, Math.min(...started, Date.parse(run.queuedAt)), now)
  const needed = run.steps.find((step) => step.name === selected)?.needs ?? []
  return (
    <section className="chart" aria-label="Steps">
      <Axis scale={scale} />
      {groupsOf(run.steps).map(([stage, steps]) => (
        <div className="chart-group" key={stage ?? ''}>
          <h2>{stage ?? 'candidate'}</h2>
          <ul>
            {steps.map((step) => (
              <Row
                key={step.name}
                step={step}
                scale={scale}
                now={now}
                selected={step.name === selected}
                needed={needed.includes(step.name)}
                onSelect={onSelect}
              />
            ))}
          </ul>
        </div>
      ))}
    </section>
  )
}

const share = (value: number) => `${(value * 100).toFixed(3)}%`

function Axis({ scale }: { readonly scale: Scale }) {
  return (
    <div className="chart-axis" aria-hidden="true">
      <div>
        {scale.ticks.map((tick) => (
          <span key={tick.ms} style={{ left: share(tick.at) }}>
            {duration(tick.ms)
              .replace(/ 0 (s|min)$/, '')
              .replace('.0 ', ' ')}
          </span>
        ))}
        {scale.gaps.map((gap) => (
          <span key={gap.from} className="chart-fold" style={{ left: share((gap.from + gap.to) / 2) }}>
            {duration(gap.ms)} waiting
          </span>
        ))}
      </div>
    </div>
  )
}

type RowProps = {
  readonly step: StepView
  readonly scale: Scale
  readonly now: number
  readonly selected: boolean
  readonly needed: boolean
  readonly onSelect: (name: string) => void
}

function Row({ step, scale, now, selected, needed, onSelect }: RowProps) {
  const { state, startedAt, finishedAt, waiting } = step
  const from = startedAt ?? waiting?.since ?? null
  const end = finishedAt === null ? now : Date.parse(finishedAt)
  const took = startedAt === null ? '' : duration(Math.max(0, end - Date.parse(startedAt)))
  return (
    <li>
      <button
        type="button"
        data-move
        className={`chart-row${needed ? ' chart-needed' : ''}`}
        aria-pressed={selected}
        onClick={() => onSelect(step.name)}
      >
        <Mark state={state} worded />
        <span className="chart-title" title={step.title}>
          {step.title}
          {step.attempt > 1 && <span className="soft"> attempt {step.attempt}</span>}
        </span>
        <span className="sr">{wordFor(state)}</span>
        <span className="chart-track">
          {scale.ticks.map((tick) => (
            <i key={tick.ms} className="chart-tick" style={{ left: share(tick.at) }} />
          ))}
          {scale.gaps.map((gap) => (
            <i key={gap.from} className="chart-gap" style={{ left: share(gap.from), width: share(gap.to - gap.from) }} />
          ))}
          {from !== null && !(startedAt === null && hasEnded(state)) && (
            <i
              className={`chart-bar signal-${signalOf(state)} chart-${startedAt === null ? 'waiting' : state}`}
              style={{ left: share(scale.at(Date.parse(from))), width: share(Math.max(0, scale.at(end) - scale.at(Date.parse(from)))) }}
            />
          )}
        </span>
        <span className="chart-took">{took}</span>
        {waiting !== null && <span className="chart-why">{waiting.why}</span>}
      </button>
    </li>
  )
}
