import type { RunSummary, StageView } from '../api/types.ts'
import { signalOf } from '../piece/state.ts'
import { progressOf } from './layout.ts'

const gap = 22

/** How far a delivery came, as a track of its own: one stop for the candidate, one per column of stages. */
export function LittleTrack({ run, stages }: { readonly run: RunSummary; readonly stages: readonly StageView[] }) {
  const places = progressOf(run, stages)
  const width = (places.length - 1) * gap + 14
  const reached = places.findLastIndex((place) => place !== 'ahead')
  return (
    <svg className={`little-track signal-${signalOf(run.state)}`} width={width} height="14" viewBox={`0 0 ${width} 14`} aria-hidden="true">
      <path className="little-ahead" d={`M7 7H${width - 7}`} />
      {reached > 0 && <path className="little-done" d={`M7 7H${7 + reached * gap}`} />}
      {places.map((place, index) => (
        <circle key={`${index}${place}`} className={`little-${place}`} cx={7 + index * gap} cy="7" r={place === 'here' ? 5 : 3.5} />
      ))}
    </svg>
  )
}
