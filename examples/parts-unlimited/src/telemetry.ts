const origin = { candidate: process.env.THREEWAYS_CANDIDATE, environment: process.env.THREEWAYS_ENVIRONMENT }
const counters = new Map<string, number>()

/** One JSON object per line on stdout. */
export function log(level: 'info' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields, ...origin })}\n`)
}

/** Adds to a counter, which begins at 0 with this process. @param series - `name` or `name{label="value"}`, of bounded number */
export function count(series: string, by = 1): void {
  counters.set(series, (counters.get(series) ?? 0) + by)
}

/** The Prometheus text format. */
export function metrics(): string {
  const byName = Map.groupBy(counters, ([series]) => series.replace(/\{.*/, ''))
  const lines = [...byName].flatMap(([name, counted]) => [`# TYPE ${name} counter`, ...counted.map((one) => one.join(' '))])
  return `${lines.join('\n')}\n`
}
