import { Link } from 'wouter'
import type { StageView, StreamView } from '../api/types.ts'
import { useMay } from '../api/rights.ts'
import { ActionButton } from '../piece/action.tsx'
import { Age } from '../piece/age.tsx'
import { Flap, short } from '../piece/digest.tsx'
import { Icon } from '../piece/icon.tsx'
import { Mark } from '../piece/mark.tsx'
import { rollback } from './actions.tsx'
import { stageStation } from './layout.ts'
import { StageEntries } from './stage-entries.tsx'
import { Station } from './station.tsx'

export function StageStation({ stage, view }: { readonly stage: StageView; readonly view: StreamView }) {
  return (
    <Station station={stageStation(stage.name)} name={stage.name} label={`Stage ${stage.name}`} sign={<EnvironmentState stage={stage} />}>
      <Serving stage={stage} stream={view.stream} />
      <StageEntries stage={stage} stream={view.stream} />
      <Held stage={stage} />
      <Checks stage={stage} />
    </Station>
  )
}

const environmentWords = { absent: 'not there', starting: 'starting', ready: 'ready', unhealthy: 'unhealthy', stopped: 'stopped' }
const environmentSignals = { absent: 'idle', starting: 'move', ready: 'go', unhealthy: 'stop', stopped: 'idle' }

function EnvironmentState({ stage: { environment } }: { readonly stage: StageView }) {
  if (environment === null) return 'checks only'
  return (
    <span className={`environment signal-${environmentSignals[environment.state]}`} title={`environment ${environment.id}`}>
      {environment.ephemeral && environment.state === 'absent' ? 'made for each run' : environmentWords[environment.state]}
    </span>
  )
}

/** What runs in the stage's environment now, and where to see it. */
function Serving({ stage, stream }: { readonly stage: StageView; readonly stream: string }) {
  const { running, environment } = stage
  const acting = useMay('operate')
  if (environment === null) return null
  if (running === null) return <p className="serving soft">{environment.ephemeral ? 'Nothing runs here now' : 'Nothing runs here yet'}</p>
  const { card } = running
  return (
    <div className="serving">
      <div className="serving-row">
        <Flap digest={card.digest} />
        {!running.verified && <span className="tag signal-move">not verified yet</span>}
      </div>
      <p className="serving-summary">{card.summary}</p>
      <p className="soft">
        <span className="mono">{short(card.commit)}</span> by {card.author}, here for <Age since={running.since} />
      </p>
      <div className="serving-row serving-links">
        {Object.entries(environment.urls).map(([service, url]) => (
          <a key={service} className="visit" data-move href={url} target="_blank" rel="noreferrer">
            Open {service}
            <Icon name="out" size={13} />
          </a>
        ))}
        {acting && !environment.ephemeral && (
          <ActionButton className="small quiet" label="Roll back…" action={rollback(stream, stage.name, card)} />
        )}
      </div>
    </div>
  )
}

function Held({ stage }: { readonly stage: StageView }) {
  if (stage.held.length === 0) return null
  const rolledBack = new Set(stage.candidates.filter(({ state }) => state === 'rolled-back').map((candidate) => candidate.card.digest))
  return (
    <ul className="entries held" aria-label={`Held back from ${stage.name}`}>
      {stage.held.map(({ card, reason, since }) => (
        <li key={card.digest} className="entry entry-held">
          <Link className="entry-head" data-move href={`/candidates/${encodeURIComponent(card.digest)}`}>
            <Mark state="held" worded />
            <span className="sr">held</span>
            <span className="mono">{short(card.commit)}</span>
            <span className="entry-summary">{card.summary}</span>
            <Age since={since} />
          </Link>
          <p className="entry-message signal-stop">
            {rolledBack.has(card.digest) ? 'Rolled back and held: ' : 'Held: '}
            {reason}
          </p>
        </li>
      ))}
    </ul>
  )
}

function Checks({ stage }: { readonly stage: StageView }) {
  if (stage.checks.length === 0) return null
  return (
    <p className="checks">
      <span>
        <span className="soft">checked by</span> {stage.checks.join(', ')}
      </span>
      {stage.strategy !== null && (
        <span>
          <span className="soft">deployed</span> {stage.strategy}
        </span>
      )}
    </p>
  )
}
