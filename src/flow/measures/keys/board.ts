import type { StreamLineage } from '../../lineage/streams.ts'
import type { Attribution } from '../attribution/attribute.ts'
import type { Blamed } from '../attribution/blame.ts'
import type { Failure } from '../attribution/failures.ts'
import type { ToldFailures } from '../attribution/read.ts'
import { oddsByBatch } from '../batch/odds.ts'
import type { BatchesView } from '../batch/schemas.ts'
import { instant, orNull } from '../board.ts'
import { changeLeadOf } from '../changes.ts'
import { among, herds } from '../herd/herd.ts'
import { withOnly, type Past } from '../past.ts'
import type { FlowQuery } from '../schemas.ts'
import { unknownStream } from '../unknown-stream.ts'
import { definitions, fromCommits, whereCommits } from './definitions.ts'
import { isLikely, keysOf, type Keys, type Known, type Material, type Timed } from './keys.ts'
import { lookAt } from './look.ts'
import type { FailureView, Failures, KeysBoard, KeysView, StreamKeys, StreamKeysDetail } from './schemas.ts'

/**
 * The five keys of every value stream, and of all of them together.
 * @param meant - only of these: what failed is weighed against the deployments of all of them all the same
 */
export function keysBoard(
  past: Past,
  told: ToldFailures,
  query: FlowQuery,
  nowMs: number,
  commits: Commits = none,
  meant?: ReadonlySet<string>,
): KeysBoard {
  const look = lookAt(past, told, query, nowMs)
  const streams = [...withOnly(past, meant).streams.values()]
  const { known, estate, rows } = look.once('board', [streams], ([materials], known) => ({
    known: [...known],
    estate: viewOf(keysOf(materials!, known)),
    rows: materials!.map((one) => keptOf(one, known)),
  }))
  return {
    definitions: { ...definitions, lead: `${definitions.lead} ${whereCommits} ${fromCommits}` },
    known,
    estate,
    streams: rows.map((row) => rowOf(row, commits)),
  }
}

/** Of one stream, to be kept: what it is made of is as much as the past itself, and is not. */
export const keptOf = (material: Material, known: Known): KeptKeys => ({
  place: { stream: material.stream, environment: material.environment, window: material.window },
  keys: keysOf([material], known),
})
export type KeptKeys = { readonly place: Place; readonly keys: Keys }

export const rowOf = ({ place, keys }: KeptKeys, commits: Commits = none): StreamKeys => viewWith(keys, place, commits)

function viewWith(all: Keys, place: Place, commits: Commits): StreamKeys {
  const { keys, leadFrom } = withCommits(all, place, commits)
  return { ...placeOf(place), ...viewOf(keys), leadFrom }
}

type Place = Pick<Material, 'stream' | 'environment' | 'window'>

/**
 * The five keys of one.
 * @throws ThreewaysError `STREAM_NOT_FOUND`
 */
export function keysOfStream(
  past: Past,
  told: ToldFailures,
  stream: string,
  query: FlowQuery,
  nowMs: number,
  commits: Commits = none,
): StreamKeysDetail {
  const look = lookAt(past, told, query, nowMs)
  const found = past.streams.get(stream)
  const material = found && look.materialOf(found)
  if (!material) throw unknownStream(past, stream, query)
  // Whether anybody tells of failures is seen in the whole of the estate: a stream without one may be good.
  const known = look.known()
  const { keys, leadFrom } = withCommits(keysOf([material], known), material, commits)
  return {
    ...placeOf(material),
    definitions: leadFrom === 'commit' ? { ...definitions, lead: fromCommits } : definitions,
    known: [...known],
    ...viewOf(keys),
    leadFrom,
    herd: herdOf(keys),
    ...(query.rows ? rowsOf(material) : {}),
  }
}

/** What is known of a stream's commits. */
export type Commits = (stream: string) => readonly StreamLineage[]
const none: Commits = () => []

/** A change begins with its first commit, not where a version of it was first seen: where commits are known they say how long it took. */
function withCommits(keys: Keys, { stream, environment, window }: Place, commits: Commits) {
  const lead = changeLeadOf(commits(stream), environment, window)
  if (lead === undefined) return { keys, leadFrom: 'first seen' as const }
  // No change came into the trunk then: no data, whatever was deployed.
  return { keys: { ...keys, lead: lead.count === 0 ? undefined : lead }, leadFrom: 'commit' as const }
}

/** So many are told; the total is of all. */
const failuresMax = 500

/**
 * Everything that went wrong in the environments that streams are delivered to, each once.
 * @param meant - only what was told of these, or came of a deployment of theirs as far as is known
 */
export function failuresBoard(past: Past, told: ToldFailures, query: FlowQuery, nowMs: number, meant?: ReadonlySet<string>): Failures {
  const look = lookAt(past, told, query, nowMs)
  const materials = [...past.streams.values()].flatMap((stream) => look.materialOf(stream) ?? [])
  const isMeant = (stream: string | undefined) => meant === undefined || (stream !== undefined && meant.has(stream))
  const concerns = ({ failure, attribution }: Blamed) =>
    isMeant(failure.stream) || (attribution.none < 0.5 && isMeant(attribution.causes[0]?.stream))
  const windows = materials.filter(({ stream }) => isMeant(stream)).map((one) => one.window)
  const ends = new Map(materials.map(({ stream, environment }) => [stream, environment]))
  // What a stream on its way elsewhere went back to says nothing of where it is delivered.
  const isEnd = ({ failure, attribution }: Blamed) =>
    failure.kind !== 'back' || attribution.causes.some(({ stream }) => ends.get(stream) === failure.environment)
  const [since, until] = [Math.min(...windows.map((one) => one.since)), Math.max(...windows.map((one) => one.until))]
  const failures = look
    .blamed()
    .filter((one) => one.failure.detected >= since && one.failure.detected < until && isEnd(one) && concerns(one))
    .toSorted((a, b) => b.failure.detected - a.failure.detected)
  const shown = failures.slice(0, failuresMax)
  return { total: failures.length, failures: shown.map(({ failure, attribution }) => failureView(failure, attribution)) }
}

/**
 * Whether larger deployments fail more often.
 * @param meant - only of these: what failed is weighed against the deployments of all of them all the same
 */
export function batchesView(past: Past, told: ToldFailures, query: FlowQuery, nowMs: number, meant?: ReadonlySet<string>): BatchesView {
  const look = lookAt(past, told, query, nowMs)
  const materials = [...withOnly(past, meant).streams.values()].flatMap((stream) => look.materialOf(stream) ?? [])
  const known = look.known()
  const ran = materials.flatMap(({ deployments }) => deployments.filter((one) => one.ran))
  // One that brought nothing new went back, or was the same again.
  const batches = ran.filter(({ batch }) => batch > 0).map(({ batch, failed }) => ({ size: batch, failed }))
  const windows = materials.map(({ window }) => window)
  const { buckets, trend } = oddsByBatch(batches)
  const rows = buckets.map(({ from, to, deployments, odds, ...rest }) => {
    const { failed, share, low, high } = known.size === 0 ? nothing : rest
    return { from, to, deployments, failed, share, low, high, odds: known.size === 0 ? null : (odds ?? null) }
  })
  return {
    known: [...known],
    trend: known.size === 0 ? null : (trend ?? null),
    since: windows.length === 0 ? null : instant(Math.min(...windows.map((one) => one.since))),
    until: windows.length === 0 ? null : instant(Math.max(...windows.map((one) => one.until))),
    nothingNew: ran.length - batches.length,
    rows,
  }
}

/**
 * The same of one stream.
 * @throws ThreewaysError `STREAM_NOT_FOUND`
 */
export function batchesOfStream(past: Past, told: ToldFailures, stream: string, query: FlowQuery, nowMs: number): BatchesView {
  if (!past.streams.has(stream)) throw unknownStream(past, stream, query)
  return batchesView(past, told, query, nowMs, new Set([stream]))
}

const nothing = { failed: null, share: null, low: null, high: null }

export const placeOf = ({ stream, environment, window }: Place) => ({
  stream,
  environment,
  since: instant(window.since),
  until: instant(window.until),
  asOf: instant(window.asOf),
})

export function viewOf({ frequency, lead, failRate, recovery, rework }: Keys): KeysView {
  return {
    frequency: frequency === undefined ? null : { ...frequency, perWeek: frequency.perWeek ?? null, gap: frequency.gap ?? null },
    lead: timedOf(lead),
    failRate: failRate ?? null,
    recovery: timedOf(recovery),
    rework: rework ?? null,
  }
}

export const timedOf = (timed: Timed | undefined): KeysView['lead'] =>
  timed === undefined ? null : { ...timed, p50: orNull(timed.p50), p85: orNull(timed.p85), p95: orNull(timed.p95) }

function rowsOf({ deployments, failures, passages }: Material): Pick<StreamKeysDetail, 'rows' | 'failures' | 'versions'> {
  return {
    rows: deployments.map(({ at, failures: names, rework, ...rest }) => ({
      ...rest,
      at: instant(at),
      failures: [...names],
      rework: rework ?? null,
    })),
    failures: failures.filter(({ share }) => isLikely(share)).map(({ failure, attribution }) => failureView(failure, attribution)),
    versions: passages.map(({ version, arrived, reached, by }) => ({
      version,
      arrived: instant(arrived),
      reached: reached === undefined ? null : instant(reached),
      by: by ?? null,
    })),
  }
}

function herdOf(keys: Keys): StreamKeysDetail['herd'] {
  // The first days of a stream are like nobody's years.
  if (keys.frequency?.perWeek === undefined) return []
  return herds.map((herd) => {
    const { frequency, lead, failRate, recovery } = among(keys, herd)
    const like = { frequency: frequency ?? null, lead: lead ?? null, failRate: failRate ?? null, recovery: recovery ?? null }
    return { year: herd.year, report: herd.report, source: herd.source, like }
  })
}

/** So many are told; the rest of them counts as none. */
const causesMax = 20

export function failureView(failure: Failure, { causes, none }: Attribution): FailureView {
  const { kind, id, stream, environment, began, detected, resolved, summary } = failure
  const [shown, left] = [causes.slice(0, causesMax), causes.slice(causesMax)]
  return {
    kind,
    id,
    stream: stream ?? null,
    environment: environment ?? null,
    began: instant(began),
    detected: instant(detected),
    resolved: resolved === undefined ? null : instant(resolved),
    summary: summary ?? null,
    causes: shown.map((cause) => ({ ...cause, at: instant(cause.at), reasons: [...cause.reasons] })),
    none: left.reduce((sum, { probability }) => sum + probability, none),
  }
}
