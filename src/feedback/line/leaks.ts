import { promotionStarted, runQueued } from '../../flow/pipeline/events.ts'
import { changeMerged } from '../../flow/candidate/events.ts'
import type { RecordedEvent } from '../../ledger/event.ts'
import { linePassed, lineStarted, lineStopped } from './events.ts'
import { scopeOf, stopsFixedBy } from './policy.ts'
import { covers, scopeText } from './scope.ts'

/** A promotion that should not have been: it entered what an open stop covers, and was neither fix, revert, emergency nor rollback. */
export type Leak = {
  readonly seq: number
  readonly run: string
  readonly stream: string
  readonly stage: string
  readonly commit: string
  readonly stop: string
}

/** Kinds of event that the audit reads. */
export const auditedTypes: readonly string[] = [promotionStarted, runQueued, changeMerged, lineStopped, lineStarted, linePassed].map(
  ({ type }) => type,
)

type OpenStop = { readonly id: string; readonly scope: string; readonly commit: string | null }
type Content = Readonly<Record<string, unknown>>
const word = (value: unknown): string => (typeof value === 'string' ? value : '')
const words = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(word) : [])

/**
 * Looks for leaks in what the ledger says, and in nothing else: it knows neither gates nor projections, so it finds what they
 * did wrong. Feed it events in the ledger's order.
 */
export function auditOfLeaks() {
  const open = new Map<string, OpenStop>()
  const ended = new Set<string>()
  const fixes = new Map<string, { readonly stops: Set<string>; readonly reverts: Set<string> }>()
  const rollbacks = new Set<string>()
  const passes = new Map<string, Set<string>>()
  const leaks: Leak[] = []

  const knownOf = (key: string) => {
    const known = fixes.get(key) ?? { stops: new Set(), reverts: new Set() }
    fixes.set(key, known)
    return known
  }
  const learn = (key: string, { fixesStop, reverts }: Content) => {
    for (const id of stopsFixedBy({ fixesStop: word(fixesStop) })) knownOf(key).stops.add(id)
    for (const commit of word(reverts).split(' ').filter(Boolean)) knownOf(key).reverts.add(commit)
  }

  function entered(seq: number, content: Content): void {
    const [run, stream, stage, commit] = ['run', 'stream', 'stage', 'commit'].map((key) => word(content[key])) as [
      string,
      string,
      string,
      string,
    ]
    const key = `${run} ${stage}`
    const passed = passes.get(key) ?? new Set()
    // Good for one promotion.
    passes.delete(key)
    if (rollbacks.has(run)) return
    const environment = typeof content['environment'] === 'string' ? content['environment'] : undefined
    const to = { stream, stage, environment, services: words(content['services']) }
    const ways = [fixes.get(`run ${run}`), fixes.get(`commit ${stream} ${commit}`)]
    for (const stop of open.values()) {
      if (!covers(scopeOf(stop), to) || passed.has(stop.id)) continue
      const isWayOut = ways.some((way) => way?.stops.has(stop.id) || (stop.commit !== null && way?.reverts.has(stop.commit)))
      if (!isWayOut) leaks.push({ seq, run, stream, stage, commit, stop: stop.id })
    }
  }

  return {
    leaks: leaks as readonly Leak[],
    see({ seq, event: { type, data } }: Pick<RecordedEvent, 'seq' | 'event'>): void {
      const { id, content } = data.subject
      const custom = typeof data.customData === 'object' ? data.customData : {}
      if (type === lineStopped.type && !open.has(id) && !ended.has(id)) {
        const scope = word(content['scope']) || scopeText({ kind: 'service', stream: word(content['stream']) })
        open.set(id, { id, scope, commit: word(content['commit']) || null })
      } else if (type === lineStarted.type) {
        ended.add(id)
        open.delete(id)
      } else if (type === linePassed.type) {
        const key = `${word(content['run'])} ${word(content['stage'])}`
        passes.set(key, new Set([...(passes.get(key) ?? []), ...words(content['stops'])]))
      } else if (type === runQueued.type) {
        if (custom['kind'] === 'rollback') rollbacks.add(id)
        learn(`run ${id}`, custom)
      } else if (type === changeMerged.type) learn(`commit ${word(custom['stream'])} ${word(custom['commit'])}`, custom)
      else if (type === promotionStarted.type) entered(seq, content)
    },
  }
}
