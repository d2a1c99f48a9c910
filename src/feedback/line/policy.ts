import { notFound, refused } from '../../kernel/errors.ts'
import type { LineStop } from './projection.ts'
import { covers, parseScope, type Destination } from './scope.ts'

/** What a stop needs to know of a change that wants to pass. */
export type Passing = Destination & {
  readonly commit: string
  readonly run: string
  /** What its `Fixes-Stop:` trailers name. */
  readonly fixesStop: string | undefined
  /** Full names of the commits that it was seen to undo. */
  readonly reverts: readonly string[]
}

export type StopToPass = Pick<LineStop, 'id' | 'scope' | 'commit'>

/** Ids named by `Fixes-Stop:` trailers, separated by blanks or commas. */
export function stopsFixedBy(change: Pick<Passing, 'fixesStop'>): readonly string[] {
  return change.fixesStop?.split(/[\s,]+/).filter((id) => id !== '') ?? []
}

/** By what right a change is this stop's way out; undefined: it is not. */
export function wayOut(stop: StopToPass, change: Pick<Passing, 'fixesStop' | 'reverts'>): 'fix' | 'revert' | undefined {
  if (stopsFixedBy(change).includes(stop.id)) return 'fix'
  return stop.commit !== null && change.reverts.includes(stop.commit) ? 'revert' : undefined
}

/**
 * The stops that hold this change up: every open one that covers where it goes, that it does not fix or revert, and that nobody
 * let it pass in an emergency. None: it may enter.
 */
export function blocking<S extends StopToPass>(open: readonly S[], change: Passing, passes: ReadonlySet<string>): readonly S[] {
  return open.filter((stop) => covers(scopeOf(stop), change) && wayOut(stop, change) === undefined && !passes.has(stop.id))
}

/** A scope that a newer version wrote and this one does not know covers everything. */
export function scopeOf(stop: Pick<StopToPass, 'scope'>): ReturnType<typeof parseScope> {
  try {
    return parseScope(stop.scope ?? 'all')
  } catch {
    return { kind: 'all' }
  }
}

type Provable = StopToPass & Pick<LineStop, 'stage' | 'cause' | 'run'>

/**
 * Which stops a verified change ends, and on what evidence: those it fixes or reverts, where they failed; those a person made,
 * where they were made, and otherwise in production.
 */
export function endedBy<S extends Provable>(
  open: readonly S[],
  change: Passing,
  inProduction: boolean,
): readonly { stop: S; evidence: 'fix' | 'revert' }[] {
  return open.flatMap((stop) => {
    const evidence = wayOut(stop, change)
    return evidence !== undefined && provesItself(stop, change, inProduction) ? [{ stop, evidence }] : []
  })
}

function provesItself(stop: Provable, change: Passing, inProduction: boolean): boolean {
  if (stop.stage !== null) return stop.stage === change.stage
  const scope = scopeOf(stop)
  if (scope.kind === 'stage' || scope.kind === 'environment') return covers(scope, change)
  return inProduction
}

/** Why a change waits, in one sentence. */
export function waitingFor(stop: Pick<LineStop, 'id' | 'reason' | 'scope' | 'owner'>): { readonly why: string; readonly for: string } {
  const scope = scopeOf(stop)
  const where = scope.kind === 'service' && scope.service === undefined ? '' : ` (${stop.scope})`
  const owner = stop.owner === null ? '' : `${stop.owner} leads; `
  return {
    why: `the line is stopped${where}: ${stop.reason}`,
    for: `${owner}a commit with the trailer "Fixes-Stop: ${stop.id}", or a person: threeways start --stop ${stop.id} "reason"`,
  }
}

/**
 * Which open stop a person means to end.
 * @throws ThreewaysError `LINE_NOT_STOPPED`, `STOP_UNKNOWN`, `STOP_AMBIGUOUS`, `REASON_MISSING`
 */
export function stopToEnd(open: readonly LineStop[], id: string | undefined, reason: string): LineStop {
  if (reason.trim() === '') {
    throw refused('REASON_MISSING', { message: 'a line does not start without a reason', help: 'threeways start "what was done about it"' })
  }
  const [only, another] = open
  if (only === undefined) throw refused('LINE_NOT_STOPPED', { message: 'the line is not stopped', help: 'see it with `threeways line`' })
  if (id !== undefined) {
    const named = open.find((stop) => stop.id === id)
    if (named) return named
    throw refused('STOP_UNKNOWN', { message: `no open stop is named "${id}"; open are: ${open.map((stop) => stop.id).join(', ')}` })
  }
  if (another === undefined) return only
  throw refused('STOP_AMBIGUOUS', {
    message: `${open.length} stops are open: ${open.map((stop) => `${stop.id} (${stop.reason})`).join(', ')}`,
    help: 'say which one: threeways start --stop <id> "reason"',
  })
}

/** @throws ThreewaysError `STOP_OVER`: there is nothing left to do about it */
export function stillOpen(stop: LineStop): LineStop {
  if (stop.startedAt === null) return stop
  throw refused('STOP_OVER', { message: `stop ${stop.id} is over since ${stop.startedAt}: ${stop.startReason}` })
}

export function stopNotFound(id: string) {
  return notFound('STOP_NOT_FOUND', { message: `there never was a stop "${id}"`, help: 'list the open ones with `threeways line`' })
}

export type BatchLimit = { readonly changes?: number | undefined; readonly lines?: number | undefined }
export type Batch = { readonly changes: number; readonly lines: number }

/** What a batch has too much of, in a sentence; undefined: it is small enough. */
export function tooLarge(batch: Batch, limit: BatchLimit): string | undefined {
  const over = (['changes', 'lines'] as const).filter((what) => batch[what] > (limit[what] ?? Infinity))
  if (over.length === 0) return undefined
  if (over.some((what) => batch[what] === Infinity)) return 'how much it carries beyond what runs there cannot be told'
  return over.map((what) => `${batch[what]} ${what}, at most ${limit[what]} are meant to go together`).join('; ')
}
