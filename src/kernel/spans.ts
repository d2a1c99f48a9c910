/** From a moment until before another; in milliseconds. */
export type Span = { readonly since: number; readonly until: number }

/** Spans as one line of time: by time, none touches another. */
export function merged(spans: readonly Span[]): readonly Span[] {
  const all: { since: number; until: number }[] = []
  for (const { since, until } of spans.toSorted((a, b) => a.since - b.since)) {
    const last = all.at(-1)
    if (last && since <= last.until) last.until = Math.max(last.until, until)
    else all.push({ since, until })
  }
  return all
}

/** For how long both are. */
export const overlap = (a: Span, b: Span): number => Math.max(0, Math.min(a.until, b.until) - Math.max(a.since, b.since))

/** How much of a span lies in others that do not overlap each other. */
export const within = (span: Span, others: readonly Span[]): number => others.reduce((sum, other) => sum + overlap(span, other), 0)
