import type { RecoveryView } from '../../api/types.ts'
import { timeOf } from '../flow-row.tsx'
import { rowsBelow } from '../links.ts'
import { Explained } from '../term.tsx'
import { limits, plural } from '../words.ts'

type Stage = RecoveryView['stages'][number]

const minuteMs = 60_000
const weekMs = 7 * 86_400_000
/** As wide as its time on a scale of logarithms; what nobody knows is as wide as a minute. */
const weightOf = ({ p50 }: Stage) => 1 + Math.log10(1 + (p50 === null ? 0 : (p50.value ?? weekMs)) / minuteMs)

/** The way of a failure: the deployment that it came of, seen, ran well again, over. */
export function RecoveryMap({ view }: { readonly view: RecoveryView }) {
  const { failures, ways, rows, stages } = view
  const of = (name: Stage['stage']) => stages.find(({ stage }) => stage === name)!
  const [detect, recover, verify, exposed] = [of('detect'), of('recover'), of('verify'), of('exposed')]
  const columns = [detect, recover, verify].map((stage) => `auto minmax(162px, ${weightOf(stage).toFixed(2)}fr)`).join(' ')
  const knownOf = (moment: 'deployed' | 'detected') => rows.filter((row) => row[moment] !== null).length
  return (
    <ol className="value-map recovery-map" aria-label="Way of the failures" style={{ gridTemplateColumns: `${columns} auto` }}>
      <Stop name="Deployed" told={`known of ${knownOf('deployed')} of ${rows.length}`} />
      <Way stage={detect} name="until seen" failures={failures} />
      <Stop name="Seen" told={`known of ${knownOf('detected')} of ${rows.length}`} />
      <Way stage={recover} name="until it ran well" failures={failures} halves={[of('mend'), of('roll')]} />
      <Stop name="Ran well" told={endedBy(ways)} />
      <Way stage={verify} name="until said to be over" failures={failures} />
      <Stop name="Over" told={`${failures - ways.open} of ${failures}`} open={ways.open} />
      <Exposed stage={exposed} failures={failures} />
    </ol>
  )
}

function endedBy({ forward, back, other }: RecoveryView['ways']): string {
  const said = [forward > 0 && `${forward} forward`, back > 0 && `${back} back`, other > 0 && `${other} otherwise`]
  return said.filter((one) => one !== false).join(', ') || 'none yet'
}

function Stop({ name, told, open = 0 }: { readonly name: string; readonly told: string; readonly open?: number }) {
  return (
    <li className="map-stop">
      <strong>{name}</strong>
      <a className="soft" href={rowsBelow}>
        {told}
      </a>
      {open > 0 && <span className="map-waiting signal-stop">{open} not over</span>}
    </li>
  )
}

type WayProps = {
  readonly stage: Stage
  readonly name: string
  readonly failures: number
  readonly halves?: readonly [mend: Stage, roll: Stage]
}

function Way({ stage, name, failures, halves }: WayProps) {
  const { p50, p85, ended, open, ahead, unknown, means } = stage
  return (
    <li className={p50 === null ? 'map-way map-unknown' : 'map-way'} aria-label={name}>
      <span className="map-time">
        {p50 === null ? (
          <span className="soft">unknown</span>
        ) : (
          <>
            <strong>{timeOf(p50.value)}</strong>
            <span className="soft">{limits(p50) ?? ''}</span>
          </>
        )}
      </span>
      <span className="map-rail" aria-hidden="true">
        {ended > 0 && <i style={{ width: `${(ended / failures) * 100}%` }} />}
      </span>
      <span className="map-told soft">
        <Explained what={`${means}.`}>{name}</Explained>
        {p85 !== null && <span>p85 {timeOf(p85.value)}</span>}
        <span>{countsTold({ ended, open, ahead, unknown })}</span>
        {halves !== undefined && halvesTold(halves)}
      </span>
    </li>
  )
}

const countsTold = ({ ended, open, ahead, unknown }: Pick<Stage, 'ended' | 'open' | 'ahead' | 'unknown'>) =>
  [
    `of ${ended}`,
    ...(open > 0 ? [`${open} in it now`] : []),
    ...(ahead > 0 ? [`${ahead} not yet`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
  ].join(', ')

/** Where it is known when what ended it was first seen anywhere. */
function halvesTold([mend, roll]: readonly [Stage, Stage]) {
  if (mend.p50 === null && roll.p50 === null) return null
  return (
    <span>
      {mend.p50 !== null && `mended ${timeOf(mend.p50.value)}`}
      {roll.p50 !== null && `, rolled out ${timeOf(roll.p50.value)}`}
      {` (of ${Math.max(mend.ended, roll.ended)})`}
    </span>
  )
}

/** Below the first three stations: for so long it was there. */
function Exposed({ stage: { p50, p85, ended, open, unknown }, failures }: { readonly stage: Stage; readonly failures: number }) {
  const known = p50 !== null
  return (
    <li className={known ? 'recovery-exposed' : 'recovery-exposed recovery-unknown'}>
      <span>
        {known ? (
          <>
            the fault ran for <strong>{timeOf(p50.value)}</strong> at p50{p85 !== null && `, ${timeOf(p85.value)} at p85`}{' '}
            <span className="soft">
              of {ended + open} of {plural(failures, 'failure')}
              {unknown > 0 && `; of ${unknown} nobody knows`}
            </span>
          </>
        ) : (
          <span className="soft">for how long the fault ran nobody told</span>
        )}
      </span>
    </li>
  )
}
