import { event, type CloudEvent } from '../../ledger/event.ts'
import { serviceDeployed, serviceUpgraded } from '../deployment/events.ts'
import { gateSwitched } from './events.ts'
import type { Told } from './history.port.ts'

/**
 * What others recorded, as events. A deployment is one of CDEvents; that a version had run before is not decided here, it is seen
 * when all of them are there.
 * @param source - URI reference of where it was found
 */
export function eventOf(told: Told, source: string): CloudEvent {
  const { id, at, stream, environment, by } = told
  const place = `${stream}/${environment}`
  if (told.kind === 'gate') {
    const { way, open } = told
    const content = { stream, environment, way, open, ...(by === undefined ? {} : { by }) }
    return event(gateSwitched, { id, time: at, source, subject: place }, content)
  }
  const { version, previous, commit } = told
  const kind = previous === undefined ? serviceDeployed : serviceUpgraded
  const content = { environment: { id: place }, artifactId: `pkg:generic/${encodeURIComponent(stream)}@${encodeURIComponent(version)}` }
  const more = { stream, version, previous, commit, by }
  const custom = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined))
  return { ...event<unknown, unknown>(kind as never, { id, time: at, source, subject: stream }, content, custom) }
}
