import type { WhatIfView } from '../../api/types.ts'
import { Below, Chart } from '../../chart/chart.tsx'
import { timeScale } from '../../chart/scale.ts'
import { savedTold } from './whatif-words.ts'
import { percent, span } from '../words.ts'

type Figures = NonNullable<WhatIfView['base']>
type Value = Figures['p50']

/** What the change would do. */
export function Answer({ view: { cannotSay, base, changed, difference, sentences } }: { readonly view: WhatIfView }) {
  if (cannotSay !== null) return <p className="whatif-verdict">Cannot say: {cannotSay}.</p>
  const told = (
    <ul className="constraint-told whatif-told">
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  )
  // Of runners it may be known what jobs wait, and not how long anything takes.
  if (base === null || changed === null) return told
  return (
    <>
      {told}
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
/** Room for the names. */
const left = 92

/** Lead times as they are and with the change, with their limits, on a scale of logarithms. */
function Ranges({ base, changed }: { readonly base: Figures; readonly changed: Figures }) {
  const rows = (['p50', 'p85'] as const).flatMap((name) => [
    { name: `${name} as it is`, value: base[name], kind: 'base' },
    { name: `${name} with it`, value: changed[name], kind: 'changed' },
  ])
  const known = rows.flatMap(({ value }) => [value.value, value.low, value.high]).filter((ms) => ms !== null && ms > 0) as number[]
  if (known.length === 0) return null
  const height = rows.length * rowHeight + 24
  return (
    <Chart
      className="whatif-ranges"
      height={height}
      widest={760}
      render={(width) => {
        const right = Math.max(left + 10, width - 70)
        const scale = timeScale(Math.min(...known) / 1.6, Math.max(...known) * 1.6, left, right)
        return {
          label: rows.map(({ name, value }) => `${name}: ${timeTold(value)}`).join('; '),
          picture: (
            <>
              <Below at={scale.ticks} y={height - 5} line={[0, height - 20]} />
              {rows.map(({ name, value: { value, low, high }, kind }, at) => {
                const y = at * rowHeight + rowHeight / 2
                return (
                  <g key={name} className={`range range-${kind}`}>
                    <text x={0} y={y + 4}>
                      {name}
                    </text>
                    {low !== null && <path d={`M${scale.x(low)} ${y}H${high === null ? right : scale.x(high)}`} />}
                    {value !== null && <circle cx={scale.x(value)} cy={y} r="5.5" />}
                    <text x={right + 8} y={y + 4} className="range-told">
                      {value === null ? 'never' : span(value)}
                    </text>
                  </g>
                )
              })}
            </>
          ),
        }
      }}
    />
  )
}

const timeTold = ({ value, low, high }: Value) =>
  `${value === null ? 'never' : span(value)}${low === null || high === null ? '' : ` (${span(low)} – ${span(high)})`}`
