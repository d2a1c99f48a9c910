import type { ApprovalView, GateView, HoldView } from '../flow/pipeline/schemas.ts'
import { formatDuration } from '../kernel/duration.ts'
import { shortDigest } from '../kernel/digest.ts'
import { firstLine } from '../kernel/legible.ts'
import type { Output } from './output.ts'

const ago = (instant: string) => formatDuration(Math.max(0, Date.now() - Date.parse(instant)))
const commitsShown = 5

/** One thing that waits for a person, on a terminal. */
export function describeApproval(item: ApprovalView, { colour }: Output): string {
  const { stream, stage, commit, summary, author, waiting, also, who, approvals, differs } = item
  const lines = [
    `${colour.bold(`${stream} → ${stage}`)}  ${commit.slice(0, 8)} "${summary}" by ${author}`,
    `  ${colour.yellow(waiting.kind)} for ${ago(waiting.since)}: ${firstLine(waiting.why)}`,
    ...also.map(({ kind, why }) => `  ${colour.yellow(kind)} too: ${firstLine(why)}`),
    ...(approvals?.given ?? []).map(({ by, reason }) => colour.dim(`  approved by ${by}${reason === '' ? '' : `: ${reason}`}`)),
    ...(differs === null ? [colour.dim('  nothing was verified there before')] : describeDifference(differs, colour)),
    colour.dim(`  may act: ${who}`),
    ...commandsFor(item).map((command) => `  ${command}`),
  ]
  return lines.join('\n')
}

function describeDifference(differs: NonNullable<ApprovalView['differs']>, colour: Output['colour']): readonly string[] {
  const { from, commits, commitsTotal, filesTotal, unknown } = differs
  if (unknown !== null) return [colour.dim(`  what it brings cannot be told: ${firstLine(unknown)}`)]
  const shown = commits
    .slice(0, commitsShown)
    .map(({ commit, summary, author }) => colour.dim(`    ${commit.slice(0, 8)} ${summary} (${author})`))
  const more = commitsTotal > shown.length ? [colour.dim(`    and ${commitsTotal - shown.length} more`)] : []
  return [
    `  brings ${plural(commitsTotal, 'commit')} and ${plural(filesTotal, 'file')} since ${from.slice(0, 8)}, verified there last:`,
    ...shown,
    ...more,
  ]
}

const plural = (count: number, thing: string) => `${count} ${thing}${count === 1 ? '' : 's'}`

/** What the asker can type. */
function commandsFor({ run, stage, step, can, waiting, approvals }: ApprovalView): readonly string[] {
  const said = (needed: boolean) => (needed ? ' --reason "…"' : '')
  return can.map((what) => {
    if (what === 'rerun') return `threeways rerun ${run} --from ${step}`
    if (what === 'cancel') return `threeways cancel ${run}`
    return `threeways ${what} ${run} ${stage}${said(what !== 'approve' ? what !== 'promote' || waiting.kind === 'hold' || waiting.kind === 'canary' : approvals?.reason === true)}`
  })
}

export function holdRows(holds: readonly HoldView[], { colour }: Output): readonly (readonly string[])[] {
  const rows = holds.map(({ stream, stage, candidate, commit, since, reason }) => [
    stream,
    stage,
    shortDigest(candidate),
    commit.slice(0, 8),
    `${ago(since)} ago`,
    colour.dim(firstLine(reason)),
  ])
  return [['STREAM', 'STAGE', 'CANDIDATE', 'COMMIT', 'SINCE', 'WHY'], ...rows]
}

/** Gates that were never closed cost nothing and caught nothing; they are shown when asked for. */
export function gateRows(gates: readonly GateView[], all: boolean): readonly (readonly string[])[] {
  const shown = gates.filter(({ delayed, waiting }) => all || delayed > 0 || waiting > 0)
  const head = [
    'STREAM',
    'STAGE',
    'GATE',
    'ASKED',
    'CLOSED',
    'NOW',
    'P50',
    'P95',
    'REJECTED',
    'HELD',
    'SUPERSEDED',
    'CANCELLED',
    'BYPASSED',
  ]
  return [head, ...shown.map(gateRow)]
}

function gateRow({ stream, stage, gate, asked, delayed, waiting, waitedMs, caught, bypassed }: GateView): readonly string[] {
  const waited = (ms: number | undefined) => (ms === undefined ? 'no data' : formatDuration(ms))
  const { rejected, held, superseded, cancelled } = caught
  return [
    stream,
    stage,
    gate,
    ...[asked, delayed, waiting].map(String),
    waited(waitedMs?.p50),
    waited(waitedMs?.p95),
    ...[rejected, held, superseded, cancelled, bypassed].map(String),
  ]
}
