import { z } from 'zod'
import { invalid } from '../../kernel/errors.ts'
import { tooMany } from './protobuf.ts'
import { spansMax, type Attributes, type Span } from './span.ts'

/** 64-bit integers come as text, or as numbers, from which they were made. */
const Integer = z.union([z.string().regex(/^\d{1,20}$/), z.int().nonnegative()]).transform(BigInt)
/** The identifiers are hexadecimal here, and not base64 as in JSON of protobuf elsewhere (OTLP, JSON Protobuf Encoding). */
const identifier = (digits: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-fA-F]{${digits}}$`), `is not ${digits} hexadecimal digits`)
    .transform((text) => text.toLowerCase())

const AnyValue = z.looseObject({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
  doubleValue: z.union([z.string(), z.number()]).optional(),
})
const Pairs = z.array(z.looseObject({ key: z.string(), value: AnyValue.nullish() })).nullish()

const SpanShape = z.looseObject({
  traceId: identifier(32),
  spanId: identifier(16),
  name: z.string().default(''),
  startTimeUnixNano: Integer.default(0n),
  endTimeUnixNano: Integer.default(0n),
  attributes: Pairs,
  status: z.looseObject({ code: z.union([z.int(), z.string()]).nullish() }).nullish(),
})

const Request = z.looseObject({
  resourceSpans: z
    .array(
      z.looseObject({
        resource: z.looseObject({ attributes: Pairs }).nullish(),
        scopeSpans: z.array(z.looseObject({ spans: z.array(SpanShape).nullish() })).nullish(),
      }),
    )
    .nullish(),
})

/**
 * Spans of an ExportTraceServiceRequest in JSON (OTLP, JSON Protobuf Encoding).
 * @throws ThreewaysError `OTLP_INVALID`, faults by path
 */
export function readJson(bytes: Uint8Array): readonly Span[] {
  const read = Request.safeParse(parsed(bytes))
  if (!read.success) {
    const faults = read.error.issues.slice(0, 20).map(({ path, message }) => ({ path: `/${path.join('/')}`, message }))
    throw invalid('OTLP_INVALID', {
      message: `the body is no ExportTraceServiceRequest: ${faults[0]!.path} ${faults[0]!.message}`,
      help: 'send what an OTLP/HTTP exporter sends, with content type application/json',
      faults,
    })
  }
  const spans: Span[] = []
  for (const { resource, scopeSpans } of read.data.resourceSpans ?? []) {
    const attributes = attributesOf(resource?.attributes)
    for (const span of (scopeSpans ?? []).flatMap((one) => one.spans ?? [])) {
      if (spans.push({ ...spanOf(span), resource: attributes }) > spansMax) throw tooMany()
    }
  }
  return spans
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw invalid('OTLP_INVALID', { message: 'the body is not JSON in UTF-8', help: 'or say its content type: application/x-protobuf' })
  }
}

function spanOf({ traceId, spanId, name, startTimeUnixNano, endTimeUnixNano, attributes, status }: z.infer<typeof SpanShape>) {
  const failed = status?.code === 2 || status?.code === 'STATUS_CODE_ERROR'
  return { traceId, spanId, name, start: startTimeUnixNano, end: endTimeUnixNano, failed, attributes: attributesOf(attributes) }
}

function attributesOf(pairs: z.infer<typeof Pairs>): Attributes {
  const found = new Map<string, string>()
  for (const { key, value } of pairs ?? []) {
    const scalar = value?.stringValue ?? value?.boolValue ?? value?.intValue ?? value?.doubleValue
    if (scalar !== undefined) found.set(key, String(scalar))
  }
  return found
}
