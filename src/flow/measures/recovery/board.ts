import { groundsOf } from '../attribution/blame.ts'
import type { ToldFailures } from '../attribution/read.ts'
import { instant, orNull } from '../board.ts'
import { untilOf } from '../environments.ts'
import { placeOf, timedOf } from '../keys/board.ts'
import { cameOf, isLikely, keysOf, nameOf, type Known, type Material } from '../keys/keys.ts'
import { lookAt } from '../keys/look.ts'
import { withOnly, type Past } from '../past.ts'
import type { FlowQuery } from '../schemas.ts'
import { unknownStream } from '../unknown-stream.ts'
import { mendOf, type Deployments, type Mend, type Moment, type Way } from './mend.ts'
import { spentOf } from './parts.ts'
import type { RecoveryBoard, RecoveryView, StageView } from './schemas.ts'
import { stages, stageTimes, type Stage, type StageTimes } from './stages.ts'

/** So many failures are told; the newest. */
const most = 500

/**
 * How the failures of a value stream are mended.
 * @throws ThreewaysError `STREAM_NOT_FOUND`
 */
export function recoveryOf(past: Past, told: ToldFailures, stream: string, query: FlowQuery, nowMs: number): RecoveryView {
  const look = lookAt(past, told, query, nowMs)
  const found = past.streams.get(stream)
  const material = found && look.materialOf(found)
  if (!material) throw unknownStream(past, stream, query)
  const known = look.known()
  const mends = mendsOf(material, past)
  const { asOf } = material.window
  const parts = spentOf(mends, asOf)
  return {
    ...placeOf(material),
    known: [...known],
    ...summaryOf(material, mends, known),
    stages: (Object.keys(stages) as Stage[]).map((stage) => stageView(stageTimes(stage, mends, asOf))),
    spentMs: parts.reduce((sum, { ms }) => sum + ms, 0),
    parts: parts.map(({ to, share, ...rest }) => ({ ...rest, to: to ?? null, share: share ?? null })),
    rows: mends
      .toSorted((a, b) => b.failure.began - a.failure.began)
      .slice(0, most)
      .map(rowOf),
  }
}

/**
 * The same of every value stream in a row.
 * @param meant - only of these: what failed is weighed against the deployments of all of them all the same
 */
export function recoveryBoard(past: Past, told: ToldFailures, query: FlowQuery, nowMs: number, meant?: ReadonlySet<string>): RecoveryBoard {
  const look = lookAt(past, told, query, nowMs)
  const materials = [...withOnly(past, meant).streams.values()].flatMap((stream) => look.materialOf(stream) ?? [])
  const known = look.known()
  const own = materials.flatMap(({ failures }) => failures.filter(({ share }) => isLikely(share)).map(({ failure }) => nameOf(failure)))
  const shared = cameOf(materials).length - new Set(own).size
  return {
    known: [...known],
    shared,
    rows: materials.map((material) => {
      const mends = mendsOf(material, past)
      const half = (stage: Stage) => quantileView(stageTimes(stage, mends, material.window.asOf).p50)
      return {
        ...placeOf(material),
        ...summaryOf(material, mends, known),
        detect: half('detect'),
        recover: half('recover'),
        verify: half('verify'),
        exposed: half('exposed'),
      }
    }),
  }
}

function mendsOf({ stream, environment, window, failures }: Material, past: Past): readonly Mend[] {
  const own = failures.filter(({ share }) => isLikely(share))
  if (own.length === 0) return []
  const firstSeen = new Map<string, number>()
  for (const { version, at } of untilOf(past.streams.get(stream)!.deployments, window.asOf))
    if (!firstSeen.has(version)) firstSeen.set(version, at)
  const placed = groundsOf(past)
    .of(stream, environment)
    .filter(({ at }) => at <= window.asOf)
  const from: Deployments = { placed, firstSeen, asOf: window.asOf }
  return own.map((one) => mendOf(one, from))
}

function summaryOf(material: Material, mends: readonly Mend[], known: Known) {
  const count = (way: Way) => mends.filter((mend) => mend.way === way).length
  return {
    failures: mends.length,
    recovery: timedOf(keysOf([material], known).recovery),
    ways: { back: count('back'), forward: count('forward'), other: count('other'), open: count('open') },
  }
}

const quantileView = (quantile: StageTimes['p50']) => (quantile === undefined ? null : orNull(quantile))

function stageView({ p50, p85, stage, ...counts }: StageTimes): StageView {
  return { stage, ...stages[stage], ...counts, p50: quantileView(p50), p85: quantileView(p85) }
}

function rowOf({ failure, attribution, at, over, way, by, unknown }: Mend): RecoveryView['rows'][number] {
  const when = (moment: number | undefined) => (moment === undefined ? null : instant(moment))
  const between = (from: Moment, to: Moment) => (at[from] === undefined || at[to] === undefined ? null : at[to] - at[from])
  const took = (stage: Stage) => between(stages[stage].from, stages[stage].to)
  const [cause] = attribution.causes
  return {
    kind: failure.kind,
    id: failure.id,
    summary: failure.summary ?? null,
    version: cause?.version ?? null,
    probability: cause?.probability ?? null,
    deployed: when(at.deployed),
    began: instant(failure.began),
    detected: when(at.detected),
    mended: when(at.mended),
    recovered: when(at.recovered),
    resolved: when(at.resolved),
    over: when(over),
    way,
    by: by?.version ?? null,
    detectMs: took('detect'),
    recoverMs: took('recover'),
    mendMs: took('mend'),
    rollMs: took('roll'),
    verifyMs: took('verify'),
    exposedMs: took('exposed'),
    unknown: [...unknown],
  }
}
