import { useQuery } from '../api/query.ts'
import type { MachineView } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { Mark } from '../piece/mark.tsx'
import type { State } from '../piece/state.ts'

const marks: Record<MachineView['state'], State> = { 'at work': 'verified', away: 'failed', forgotten: 'skipped' }

/** Servers and workers: where steps run and environments stand. */
export function Machines() {
  const { data } = useQuery<{ readonly machines: readonly MachineView[] }>('/api/machines')
  if (data === undefined || data.machines.length === 0) return null
  return (
    <section className="environments" aria-label="Machines">
      <h2>Machines</h2>
      <ul>
        {data.machines.map(({ id, name, role, state, busy, capacity, labels, seenAt }) => (
          <li key={id} className="environment-row">
            <span className="environment-name">
              <strong>{name}</strong>
              <span className="soft">{role}</span>
            </span>
            <span className="health">
              <Mark state={marks[state]} worded /> {state}
            </span>
            <span>
              {busy} of {capacity} steps
            </span>
            <span className="soft">
              {Object.entries(labels)
                .map(([key, value]) => `${key}=${value}`)
                .join(' ')}
            </span>
            <span className="soft">
              {state === 'at work' ? (
                'seen now'
              ) : (
                <>
                  seen <Age since={seenAt} /> ago
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
