import { useId } from 'react'
import type { Trial } from './whatif-trial.ts'

const kinds = [
  ['stage', 'A step is faster'],
  ['gate', 'A gate'],
  ['batch', 'Smaller batches'],
  ['wip', 'Less at once'],
  ['runners', 'More runners'],
] as const

type BenchProps = { readonly trial: Trial; readonly places: readonly string[]; readonly onTry: (trial: Trial) => void }

/** What is changed, and by how much. */
export function Bench({ trial, places, onTry }: BenchProps) {
  const last = places.at(-1)!
  const first: Record<Trial['kind'], Trial> = {
    stage: { kind: 'stage', environment: last, factor: 0.5 },
    gate: { kind: 'gate', environment: last, open: true },
    batch: { kind: 'batch', max: 1 },
    wip: { kind: 'wip', max: 3 },
    runners: { kind: 'runners', more: 2 },
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
      {trial.kind === 'runners' && (
        <Slider
          label="Runners more than there are"
          value={trial.more}
          low={1}
          high={20}
          told={`+${trial.more}`}
          onSlide={(more) => onTry({ ...trial, more })}
        />
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
