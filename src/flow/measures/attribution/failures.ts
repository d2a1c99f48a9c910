import type { Placed } from './placed.ts'

/** Something that went wrong after a deployment, or with it. Times in milliseconds. */
export type Failure = {
  readonly kind: 'incident' | 'back' | 'failed'
  /** Names it among those of its kind. */
  readonly id: string
  /** Undefined: whoever told it did not say. */
  readonly stream: string | undefined
  readonly environment: string | undefined
  /** When it began, as far as anybody knows. */
  readonly began: number
  /** When it was seen: what was deployed later did not cause it. */
  readonly detected: number
  /** Undefined: it is not over. */
  readonly resolved: number | undefined
  readonly version: string | undefined
  readonly summary: string | undefined
  /** Deployments that a person named, or that were undone because of it; undefined: it is not known, and has to be weighed. */
  readonly among: readonly string[] | undefined
  /** An incident in which the service went back: that is told of too, and is no failure of its own. */
  readonly wentBack?: true
  /** A person's word. */
  readonly told: { readonly by: string; readonly reason: string } | undefined
}

export type Incident = {
  readonly stream: string
  readonly environment: string
  readonly incident: string
  readonly detected: number
  readonly resolved: number | undefined
  readonly began: number | undefined
  readonly version: string | undefined
  readonly summary: string | undefined
  readonly attributed: { readonly at: number; readonly to: string | undefined; readonly by: string; readonly reason: string } | undefined
}

/** A version that was to come to run and did not. */
export type Failed = {
  readonly deployment: string
  readonly stream: string
  readonly environment: string
  readonly at: number
  readonly version: string
}

/** Services that go back so near each other have one cause. */
const togetherMs = 30 * 60_000
/** So many of them. Two may be chance. */
const together = 3

/**
 * As it was known at a moment: an incident that was over later is not over.
 * @param saidBy - what people said of them until then counts, which may be long after anything else was told
 */
export function incidentsAt(incidents: readonly Incident[], asOf: number, saidBy: number): readonly Failure[] {
  return incidents.flatMap((one): Failure[] => {
    if (one.detected > asOf) return []
    const { incident, stream, environment, detected, version, summary } = one
    const told = one.attributed !== undefined && one.attributed.at <= saidBy ? one.attributed : undefined
    return [
      {
        kind: 'incident',
        id: incident,
        stream: stream === '' ? undefined : stream,
        environment: environment === '' ? undefined : environment,
        // A clock that is wrong does not let it begin after it was seen.
        began: Math.min(one.began ?? detected, detected),
        detected,
        resolved: one.resolved !== undefined && one.resolved <= asOf ? Math.max(detected, one.resolved) : undefined,
        version,
        summary,
        among: told && (told.to === undefined ? [] : [told.to]),
        told: told && { by: told.by, reason: told.reason },
      },
    ]
  })
}

/**
 * Times that something went back, in one environment. Many services at once, within half an hour of each other, are one failure: what
 * broke is one of the deployments they undid, or none.
 * @param placed - of all streams, by time
 */
export function wentBack(placed: readonly Placed[], asOf: number): readonly Failure[] {
  const failures: Failure[] = []
  let group: Placed[] = []
  const close = () => {
    const isOne = new Set(group.map(({ stream }) => stream)).size >= together
    failures.push(...(isOne ? [backOf(group)] : group.map((one) => backOf([one]))))
    group = []
  }
  for (const one of placed) {
    if (!one.back || one.undid.length === 0 || one.at > asOf) continue
    if (group.length > 0 && one.at - group.at(-1)!.at > togetherMs) close()
    group.push(one)
  }
  if (group.length > 0) close()
  return failures
}

function backOf(group: readonly Placed[]): Failure {
  const [first] = group as readonly [Placed]
  const streams = new Set(group.map(({ stream }) => stream))
  const undid = group.flatMap((one) => one.undid)
  return {
    kind: 'back',
    id: first.deployment,
    stream: streams.size === 1 ? first.stream : undefined,
    environment: first.environment,
    // It ran bad since the latest of what was undone, or longer.
    began: Math.max(...undid.map(({ at }) => at)),
    detected: first.at,
    resolved: group.at(-1)!.at,
    version: undefined,
    summary: streams.size === 1 ? `${first.stream} went back to ${first.version}` : `${streams.size} services went back`,
    among: undid.map(({ deployment }) => deployment),
    told: undefined,
  }
}

/** A ticket is often written when the worst is over. */
const lateMs = 30 * 60_000

/**
 * A service that has an incident and goes back while it lasts failed once: what was undone is what the incident came of, unless a person
 * said that it came of something else. Times and end are the incident's; whoever went back had seen it by then.
 */
export function joined(incidents: readonly Failure[], backs: readonly Failure[]): readonly Failure[] {
  const byStream = Map.groupBy(backs, ({ stream }) => stream)
  const gone = new Set<Failure>()
  const kept = incidents.map((one): Failure => {
    // Step by step: each of them is of the same failure.
    const own = (byStream.get(one.stream) ?? []).filter((back) => isSame(one, back))
    if (own.length === 0) return one
    for (const back of own) gone.add(back)
    const seen = Math.min(...own.map(({ detected }) => detected))
    return {
      ...one,
      among: one.among ?? own.flatMap(({ among }) => among!),
      began: Math.min(one.began, seen),
      detected: Math.min(one.detected, seen),
      wentBack: true,
    }
  })
  return [...kept, ...backs.filter((back) => !gone.has(back))]
}

function isSame(incident: Failure, back: Failure): boolean {
  if (incident.stream === undefined || incident.stream !== back.stream) return false
  if (incident.told !== undefined && !incident.among!.some((name) => back.among!.includes(name))) return false
  // What was undone ran when it was seen, and it went back before somebody said that it is over.
  return (
    back.began <= incident.detected &&
    incident.detected <= back.detected + lateMs &&
    back.detected <= (incident.resolved ?? Number.POSITIVE_INFINITY)
  )
}

/**
 * Deployments that did not come to run: the fault is their own. They are over when something came to run there.
 * @param placedOf - of a stream and environment, by time
 */
export function failedAt(
  failed: readonly Failed[],
  placedOf: (stream: string, environment: string) => readonly Placed[],
  asOf: number,
): readonly Failure[] {
  return failed.flatMap(({ deployment, stream, environment, at, version }): Failure[] => {
    if (at > asOf) return []
    const next = placedOf(stream, environment).find((one) => one.at >= at && one.at <= asOf)
    const summary = `${version} did not come to run`
    const common = { stream, environment, began: at, detected: at, version, summary, told: undefined }
    return [{ kind: 'failed', id: deployment, ...common, resolved: next?.at, among: [deployment] }]
  })
}
