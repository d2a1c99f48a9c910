import { connect, useConnection } from '../api/live.ts'
import { useTicking } from '../piece/age.tsx'
import { timeOfDay } from '../piece/time.ts'

/** Honest about what is on the screen: how old it is, and when the next attempt comes. */
export function ConnectionBar() {
  const { status, heardAt, retryAt } = useConnection()
  const next = useTicking((now) => (retryAt === undefined ? '' : `${Math.max(0, Math.ceil((retryAt - now) / 1000))}`))
  if (status !== 'lost') return null
  return (
    <div className="connection-bar" role="alert">
      <p>
        <strong>Not connected</strong>
        {heardAt === undefined ? ', nothing heard yet.' : `, showing the state of ${timeOfDay(heardAt)}.`}{' '}
        <span aria-hidden="true">{next === '0' || next === '' ? 'Trying now…' : `Next attempt in ${next} s.`}</span>
      </p>
      <button type="button" className="button small" onClick={connect}>
        Try now
      </button>
    </div>
  )
}
