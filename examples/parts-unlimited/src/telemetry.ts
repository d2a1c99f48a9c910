const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const origin = { candidate: process.env.THREEWAYS_CANDIDATE, environment: process.env.THREEWAYS_ENVIRONMENT }

/** One JSON object per line on stdout. */
export function log(level: 'info' | 'error', message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields, ...origin })}\n`)
}

/** Counts since this process started. Routes are patterns, so the number of series is bounded. */
export class Metrics {
  readonly #requests = new Map<string, number>()
  readonly #buckets = bucketsSeconds.map(() => 0)
  #count = 0
  #sumSeconds = 0
  orders = 0

  countRequest(method: string, route: string, status: number, seconds: number): void {
    const series = `http_requests_total{method="${method}",route="${route}",status="${status}"}`
    this.#requests.set(series, (this.#requests.get(series) ?? 0) + 1)
    bucketsSeconds.forEach((limit, index) => (this.#buckets[index]! += seconds <= limit ? 1 : 0))
    this.#count += 1
    this.#sumSeconds += seconds
  }

  /** The Prometheus text format. */
  text(): string {
    const duration = 'http_request_duration_seconds'
    return `# TYPE http_requests_total counter
${[...this.#requests].map(([series, count]) => `${series} ${count}\n`).join('')}# TYPE ${duration} histogram
${bucketsSeconds.map((limit, index) => `${duration}_bucket{le="${limit}"} ${this.#buckets[index]}\n`).join('')}${duration}_bucket{le="+Inf"} ${this.#count}
${duration}_sum ${this.#sumSeconds}
${duration}_count ${this.#count}
# TYPE shop_orders_total counter
shop_orders_total ${this.orders}
`
  }
}
