/** Attributes by key: scalars alone, as text. What is a list or a map is none of those that we read. */
export type Attributes = ReadonlyMap<string, string>

/** What we read of a span of OTLP (opentelemetry-proto, trace/v1). */
export type Span = {
  /** Lower-case hexadecimal, 32 digits. */
  readonly traceId: string
  /** Lower-case hexadecimal, 16 digits. */
  readonly spanId: string
  readonly name: string
  /** Nanoseconds since 1970. */
  readonly start: bigint
  readonly end: bigint
  /** Its status is an error. */
  readonly failed: boolean
  readonly attributes: Attributes
  /** Of whatever sent it. */
  readonly resource: Attributes
}

/** More than this in one request is refused; the exporters of the SDKs send 512. */
export const spansMax = 10_000
