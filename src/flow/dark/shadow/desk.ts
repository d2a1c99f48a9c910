import { makeBudget } from '../../../../sdk/src/dark/budget.ts'
import { makeRecord, type Rehearsals } from '../../../../sdk/src/dark/record.ts'
import type { EnvironmentId } from '../../environment/provider.port.ts'
import type { Copying, Seen, Shadowed, ShadowDesk, Uncopied } from '../../environment/shadow.port.ts'
import { compared, placeOf } from './compare.ts'

/** What copies to one candidate came to since they were last taken. */
export type Taken = {
  readonly environment: EnvironmentId
  readonly from: EnvironmentId
  readonly rehearsals: Rehearsals
  readonly oversized: number
  /** How copies failed, and how often. */
  readonly failures: readonly (readonly [what: string, count: number])[]
}

/** Milliseconds of this process's time in a second that comparisons may take, of all copies to one environment. */
const cpuMsPerSecond = 50
const failuresMax = 20
const textMax = 300

/** What copies to one candidate came to. */
type Place = {
  readonly to: Shadowed
  readonly record: ReturnType<typeof makeRecord>
  failures: Map<string, number>
  oversized: number
  /** Copies that may still be told of. */
  underWay: number
}

type Budget = ReturnType<typeof makeBudget>

/** One environment that gets copies. */
type Receiving = {
  limits: Shadowed['shadowing']['limits']
  /** One for all its candidates: what copies may cost does not grow with how many of them take turns. */
  budget: Budget
  /** By candidate and where the copies come from. */
  readonly places: Map<string, Place>
  /** Of whichever got the last one. */
  current: Place
}

/**
 * Decides which copies of requests are sent, and counts what comes back: the budget and the counts are those of features that are
 * rehearsed in the dark.
 */
export function makeShadowDesk(now: () => number = () => performance.now()): ShadowDesk & { take(): readonly Taken[] } {
  const environments = new Map<EnvironmentId, Receiving>()

  const budgetOf = ({ perSecond, concurrent }: Receiving['limits']) => makeBudget({ perSecond, concurrent, cpuMsPerSecond }, now)

  function receivingOf(to: Shadowed): Receiving {
    const { limits, from } = to.shadowing
    const known = environments.get(to.environment)
    const key = `${to.candidate} ${from}`
    const place = known?.places.get(key) ?? {
      to,
      record: makeRecord(to.candidate, undefined),
      failures: new Map(),
      oversized: 0,
      underWay: 0,
    }
    if (known === undefined) {
      const receiving = { limits, budget: budgetOf(limits), places: new Map([[key, place]]), current: place }
      environments.set(to.environment, receiving)
      return receiving
    }
    known.places.set(key, place)
    known.current = place
    // By value: the same limits are read anew with each definition.
    if (known.limits.perSecond !== limits.perSecond || known.limits.concurrent !== limits.concurrent) known.budget = budgetOf(limits)
    known.limits = limits
    return known
  }

  function note(place: Place, { shadowing }: Shadowed, budget: Budget, seen: Seen): void {
    const { record, failures } = place
    const began = now()
    const answers = compared(seen, shadowing)
    if (answers === 'size') {
      leaveOut(place, answers)
      budget.spent(now() - began)
      return budget.end(true)
    }
    const { failure, what } = answers
    const { kind, service, method, path, control, copy } = seen
    const said = what === undefined ? undefined : `${service} ${method} ${placeOf(path)}: ${what}`.slice(0, textMax)
    const candidateMs = 'failed' in copy ? 0 : copy.ms
    record.add({ kind, controlMs: control.ms, candidateMs, difference: failure === undefined ? said : undefined, failure })
    if (failure !== undefined && said !== undefined && kind === 'candidate') {
      const name = failures.has(said) || failures.size < failuresMax ? said : 'other failures'
      failures.set(name, (failures.get(name) ?? 0) + 1)
    }
    budget.spent(now() - began)
    budget.end(failure === undefined || kind === 'noise')
  }

  function leaveOut(place: Place, why: Uncopied): void {
    if (why === 'size') place.oversized++
    else place.record.drop(why)
  }

  return {
    begin(to): Copying | undefined {
      const { current: place, budget } = receivingOf(to)
      const refusal = budget.begin()
      if (refusal !== undefined) {
        place.record.drop(refusal)
        return undefined
      }
      place.underWay++
      let isOver = false
      return {
        end(seen) {
          if (isOver) return
          isOver = true
          place.underWay--
          if (typeof seen === 'object') return note(place, to, budget, seen)
          leaveOut(place, seen)
          budget.end(true)
        },
      }
    },

    drop({ candidate, ...to }, why) {
      // Of the last one that was there; before the first nobody is there whose count it could be.
      const receiving = candidate === undefined ? environments.get(to.environment) : receivingOf({ ...to, candidate })
      if (receiving !== undefined) leaveOut(receiving.current, why)
    },

    take() {
      return [...environments.values()].flatMap(({ places, current }) =>
        [...places].flatMap(([key, place]) => {
          // What is under way to one that is left is still told of it.
          if (place !== current && place.underWay === 0) places.delete(key)
          return takeFrom(place) ?? []
        }),
      )
    },
  }
}

function takeFrom(place: Place): Taken | undefined {
  const { environment, candidate, shadowing } = place.to
  const { oversized, failures } = place
  const rehearsals = place.record.take() ?? (oversized > 0 ? nothing(candidate) : undefined)
  if (rehearsals === undefined) return undefined
  place.oversized = 0
  place.failures = new Map()
  return { environment, from: shadowing.from, rehearsals, oversized, failures: [...failures] }
}

const none = { compared: 0, different: 0, failed: 0 }

/** Only things too large came. */
const nothing = (candidate: string): Rehearsals => ({
  flag: candidate,
  revision: undefined,
  candidate: none,
  noise: none,
  timeouts: 0,
  dropped: { rate: 0, concurrency: 0, cpu: 0, breaker: 0, unready: 0 },
  differences: [],
  latency: { control: [], candidate: [] },
})
