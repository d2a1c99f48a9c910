import type { EnvironmentView } from '../api/types.ts'
import { Mark } from '../piece/mark.tsx'
import type { State } from '../piece/state.ts'

export const environmentHref = (id: string) => `/environments/${id.split('/').map(encodeURIComponent).join('/')}`

export type HealthWord = 'ready' | 'starting' | 'unhealthy' | 'stopped' | 'asleep' | 'empty'

const marks: Record<HealthWord, State> = {
  ready: 'verified',
  starting: 'running',
  unhealthy: 'failed',
  stopped: 'cancelled',
  asleep: 'pending',
  empty: 'pending',
}

/** Of those that serve; without traffic, of all. A service that runs something else than it was started for is not well. */
export function healthOf({ asleep, traffic, services }: EnvironmentView): HealthWord {
  if (asleep !== null) return 'asleep'
  const serving = traffic === null ? services : services.filter(({ candidate }) => candidate === traffic)
  if (serving.length === 0) return 'empty'
  if (serving.every(({ state }) => state === 'stopped')) return 'stopped'
  if (
    serving.some(
      ({ state, running, candidate }) => state === 'unhealthy' || state === 'restarting' || (running !== null && running !== candidate),
    )
  )
    return 'unhealthy'
  return serving.every(({ state }) => state === 'ready') ? 'ready' : 'starting'
}

export function Health({ environment }: { readonly environment: EnvironmentView }) {
  const health = healthOf(environment)
  return (
    <span className="health">
      <Mark state={marks[health]} worded />
      {health}
    </span>
  )
}

export const serviceMarks: Record<EnvironmentView['services'][number]['state'], State> = {
  ready: 'verified',
  starting: 'running',
  unhealthy: 'failed',
  restarting: 'needs-attention',
  stopped: 'cancelled',
}

/** Since when what serves is there. */
export function sinceOf({ services }: EnvironmentView): string | undefined {
  return services.map(({ since }) => since).toSorted()[0]
}
