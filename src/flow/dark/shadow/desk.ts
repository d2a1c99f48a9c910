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

type Place = {
  readonly to: Shadowed
  readonly budget: ReturnType<typeof makeBudget>
  record: ReturnType<typeof makeRecord>
  failures: Map<string, number>
  oversized: number
}

/**
 * Decides which copies of requests are sent, and counts what comes back: the budget and the counts are those of features that are
 * rehearsed in the dark.
 */
export function makeShadowDesk(now: () => number = () => performance.now()): ShadowDesk & { take(): readonly Taken[] } {
  /** Of each environment that gets copies, the candidate that gets them now; and those before it that were not taken yet. */
  const places = new Map<EnvironmentId, Place>()
  const left: Place[] = []

  function placeFor(to: Shadowed): Place {
    const known = places.get(to.environment)
    if (known?.to.candidate === to.candidate && known.to.shadowing === to.shadowing) return known
    if (known !== undefined) left.push(known)
    const { perSecond, concurrent } = to.shadowing.limits
    // A new candidate begins without the failures of the one before.
    const budget = makeBudget({ perSecond, concurrent, cpuMsPerSecond }, now)
    const place: Place = { to, budget, record: makeRecord(to.candidate, undefined), failures: new Map(), oversized: 0 }
    places.set(to.environment, place)
    return place
  }

  function note({ record, failures, budget, to }: Place, seen: Seen): void {
    const began = now()
    const { failure, what } = compared(seen, to.shadowing.compare)
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
      const place = placeFor(to)
      const refusal = place.budget.begin()
      if (refusal !== undefined) {
        place.record.drop(refusal)
        return undefined
      }
      let isOver = false
      return {
        end(seen) {
          if (isOver) return
          isOver = true
          if (typeof seen === 'object') return note(place, seen)
          leaveOut(place, seen)
          place.budget.end(true)
        },
      }
    },

    drop({ candidate, ...to }, why) {
      // Of the last one that was there; before the first nobody is there whose count it could be.
      const place = candidate === undefined ? places.get(to.environment) : placeFor({ ...to, candidate })
      if (place !== undefined) leaveOut(place, why)
    },

    take() {
      const all = [...left.splice(0), ...places.values()]
      return all.flatMap((place) => {
        const rehearsals = place.record.take() ?? (place.oversized > 0 ? nothing(place.to.candidate) : undefined)
        if (rehearsals === undefined) return []
        const taken = {
          environment: place.to.environment,
          from: place.to.shadowing.from,
          rehearsals,
          oversized: place.oversized,
          failures: [...place.failures],
        }
        place.oversized = 0
        place.failures = new Map()
        return [taken]
      })
    },
  }
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
