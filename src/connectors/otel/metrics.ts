/** Attributes of a point, by the semantic conventions where they have a name for it. */
export type Labels = Readonly<Record<string, string>>

type Described = { readonly name: string; readonly unit: string; readonly description: string }
/** What was counted or measured until now, since `start`. */
export type Metric = Described &
  (
    | { readonly kind: 'sum'; readonly monotonic: boolean; readonly points: readonly { readonly labels: Labels; readonly value: number }[] }
    | { readonly kind: 'gauge'; readonly points: readonly { readonly labels: Labels; readonly value: number }[] }
    | { readonly kind: 'histogram'; readonly bounds: readonly number[]; readonly points: readonly Buckets[] }
  )
export type Buckets = { readonly labels: Labels; readonly counts: readonly number[]; readonly sum: number }

const cumulative = 2
const nanoseconds = (ms: number) => `${Math.round(ms)}000000`

/**
 * ExportMetricsServiceRequest in JSON (OTLP 1.x, JSON Protobuf Encoding), cumulative.
 * @param startMs - since when it was counted, epoch
 */
export function metricsRequest(metrics: readonly Metric[], resource: Labels, startMs: number, nowMs: number): object {
  const times = { startTimeUnixNano: nanoseconds(startMs), timeUnixNano: nanoseconds(nowMs) }
  const number = ({ labels, value }: { readonly labels: Labels; readonly value: number }) => ({
    attributes: attributesOf(labels),
    ...times,
    asDouble: value,
  })
  const data = (metric: Metric): object => {
    if (metric.kind === 'sum')
      return { sum: { aggregationTemporality: cumulative, isMonotonic: metric.monotonic, dataPoints: metric.points.map(number) } }
    if (metric.kind === 'gauge') return { gauge: { dataPoints: metric.points.map(number) } }
    const dataPoints = metric.points.map(({ labels, counts, sum }) => ({
      attributes: attributesOf(labels),
      ...times,
      count: String(counts.reduce((total, one) => total + one, 0)),
      sum,
      bucketCounts: counts.map(String),
      explicitBounds: metric.bounds,
    }))
    return { histogram: { aggregationTemporality: cumulative, dataPoints } }
  }
  const told = metrics.filter(({ points }) => points.length > 0)
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeMetrics: [
          {
            scope: { name: 'threeways' },
            metrics: told.map((metric) => ({ name: metric.name, unit: metric.unit, description: metric.description, ...data(metric) })),
          },
        ],
      },
    ],
  }
}

const attributesOf = (labels: Labels) => Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }))
