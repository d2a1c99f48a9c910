import type { StepView } from '../api/types.ts'

export type Gap = { readonly from: number; readonly to: number; readonly ms: number }
/** Maps instants to shares (0 to 1) of the chart's width. Long waits between steps are folded, so that work stays visible. */
export type Scale = {
  readonly at: (ms: number) => number
  readonly ticks: readonly { readonly at: number; readonly ms: number }[]
  readonly gaps: readonly Gap[]
}

type Span = { start: number; end: number }
/** A wait is folded when it is longer than all work together, and worth folding. */
const foldFromMs = 20_000
const foldedShare = 0.06

/** Work as merged, ordered spans. */
function busy(steps: readonly StepView[], now: number): readonly Span[] {
  const spans = steps
    .flatMap((step) =>
      step.startedAt === null
        ? []
        : [{ start: Date.parse(step.startedAt), end: step.finishedAt === null ? now : Date.parse(step.finishedAt) }],
    )
    .map(({ start, end }) => ({ start, end: Math.max(start, end) }))
    .sort((a, b) => a.start - b.start)
  const merged: Span[] = []
  for (const span of spans) {
    const last = merged.at(-1)
    if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end)
    else merged.push({ ...span })
  }
  return merged
}

/** @param end - when the run ended, or now */
export function scaleOf(steps: readonly StepView[], start: number, end: number): Scale {
  const spans = busy(steps, end)
  const workMs = spans.reduce((sum, span) => sum + span.end - span.start, 0)
  const pieces = piecesOf(spans, Math.min(start, spans[0]?.start ?? start), Math.max(end, start + 1))
  const isFolded = (piece: Piece) => piece.idle && piece.end - piece.start > Math.max(foldFromMs, workMs)
  const foldedCount = pieces.filter(isFolded).length
  const openMs = pieces.reduce((sum, piece) => sum + (isFolded(piece) ? 0 : piece.end - piece.start), 0) || 1
  let at = 0
  const placed = pieces.map((piece) => {
    const share = isFolded(piece) ? foldedShare : ((piece.end - piece.start) / openMs) * (1 - foldedShare * foldedCount)
    const from = at
    at += share
    return { ...piece, from, to: at, folded: isFolded(piece) }
  })
  const position = (ms: number) => {
    const piece = placed.find((candidate) => ms <= candidate.end) ?? placed.at(-1)
    if (piece === undefined) return 0
    const within = piece.end === piece.start ? 0 : (ms - piece.start) / (piece.end - piece.start)
    return piece.from + Math.min(1, Math.max(0, within)) * (piece.to - piece.from)
  }
  const first = placed[0]?.start ?? start
  const gaps = placed.filter((piece) => piece.folded).map(({ from, to, start, end }) => ({ from, to, ms: end - start }))
  return {
    at: position,
    ticks: foldedCount > 0 ? [] : ticksOf(placed.at(-1)!.end - first).map((ms) => ({ ms, at: position(first + ms) })),
    gaps,
  }
}

type Piece = { readonly start: number; readonly end: number; readonly idle: boolean }

function piecesOf(spans: readonly Span[], start: number, end: number): readonly Piece[] {
  const pieces: Piece[] = []
  let at = start
  for (const span of spans) {
    if (span.start > at) pieces.push({ start: at, end: span.start, idle: true })
    pieces.push({ start: Math.max(at, span.start), end: span.end, idle: false })
    at = span.end
  }
  if (end > at || pieces.length === 0) pieces.push({ start: at, end: Math.max(end, at + 1), idle: true })
  return pieces
}

const tickSteps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, 86_400].map(
  (s) => s * 1000,
)

/** Four to six round times within the span, without zero. */
function ticksOf(spanMs: number): readonly number[] {
  const step = tickSteps.find((candidate) => spanMs / candidate <= 6) ?? spanMs / 4
  const count = Math.floor(spanMs / step)
  return Array.from({ length: count }, (_, index) => (index + 1) * step).filter((ms) => ms < spanMs * 0.97)
}

/** Steps by stage in the order they run; null is the making of the candidate. */
export function groupsOf(steps: readonly StepView[]): readonly (readonly [string | null, readonly StepView[]])[] {
  return [...Map.groupBy(steps, (step) => step.stage)]
}

/** What a reader most likely came for: what failed, else what asks for something, else what runs, else the last with a log. */
export function stepOfInterest(steps: readonly StepView[]): StepView | undefined {
  return (
    steps.find((step) => step.state === 'failed' || step.state === 'needs-attention') ??
    steps.find((step) => step.state === 'running') ??
    steps.find((step) => step.state === 'waiting') ??
    steps.findLast((step) => step.hasLog)
  )
}
