import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { invalid, messageOf } from '../../kernel/errors.ts'
import { spansMax, type Attributes, type Span } from './span.ts'

/** Reads one field of a message, or says by `false` that it is none of ours. */
type Field = (reader: BinaryReader, number: number, type: WireType) => boolean

/**
 * Spans of an ExportTraceServiceRequest in protobuf. Numbers of fields are those of opentelemetry-proto 1.x: trace_service.proto,
 * trace.proto, common.proto, resource.proto. What is not known is skipped, as the format wants it.
 * @throws ThreewaysError `OTLP_INVALID`
 */
export function readProtobuf(bytes: Uint8Array): readonly Span[] {
  const spans: Span[] = []
  try {
    message(new BinaryReader(bytes), bytes.length, (reader, number) => {
      if (number !== 1) return false
      resourceSpans(reader, spans)
      return true
    })
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && error.constructor === Error)) {
      throw invalid('OTLP_INVALID', {
        message: `the body is no ExportTraceServiceRequest in protobuf: ${messageOf(error)}`,
        help: 'send what an OTLP/HTTP exporter sends, with content type application/x-protobuf',
      })
    }
    throw error
  }
  return spans
}

/** ExportTraceServiceResponse. */
export function protobufAnswer(rejected: number, told: string): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter()
  if (rejected > 0) {
    writer.tag(1, WireType.LengthDelimited).fork()
    writer.tag(1, WireType.Varint).int64(rejected).tag(2, WireType.LengthDelimited).string(told)
    writer.join()
  }
  return new Uint8Array(writer.finish())
}

/** google.rpc.Status, which OTLP/HTTP wants as the body of a failure. */
export function protobufStatus(told: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new BinaryWriter().tag(2, WireType.LengthDelimited).string(told).finish())
}

function message(reader: BinaryReader, length: number, field: Field): void {
  const end = reader.pos + length
  if (end > reader.len) throw new RangeError('it is cut off')
  while (reader.pos < end) {
    const [number, type] = reader.tag()
    if (!field(reader, number, type)) reader.skip(type, number)
  }
  if (reader.pos !== end) throw new RangeError('a field is longer than what holds it')
}

function resourceSpans(reader: BinaryReader, spans: Span[]): void {
  // It may come behind what it is the resource of.
  let resource: Attributes = new Map()
  const found: Omit<Span, 'resource'>[] = []
  message(reader, reader.uint32(), (_, number) => {
    if (number === 1) resource = resourceOf(reader)
    else if (number === 2) scopeSpans(reader, found)
    else return false
    if (spans.length + found.length > spansMax) throw tooMany()
    return true
  })
  for (const span of found) spans.push({ ...span, resource })
}

export const tooMany = () =>
  invalid('OTLP_INVALID', { message: `the request holds more than ${spansMax} spans`, help: 'send them in several requests' })

function resourceOf(reader: BinaryReader): Attributes {
  const attributes = new Map<string, string>()
  message(reader, reader.uint32(), (_, number) => number === 1 && keyValue(reader, attributes))
  return attributes
}

function scopeSpans(reader: BinaryReader, found: Omit<Span, 'resource'>[]): void {
  message(reader, reader.uint32(), (_, number) => {
    if (number !== 2) return false
    found.push(spanOf(reader))
    if (found.length > spansMax) throw tooMany()
    return true
  })
}

function spanOf(reader: BinaryReader): Omit<Span, 'resource'> {
  const attributes = new Map<string, string>()
  const span = { traceId: '', spanId: '', name: '', start: 0n, end: 0n, failed: false, attributes }
  message(reader, reader.uint32(), (_, number) => {
    if (number === 1) span.traceId = hex(reader.bytes())
    else if (number === 2) span.spanId = hex(reader.bytes())
    else if (number === 5) span.name = reader.string()
    else if (number === 7) span.start = BigInt(reader.fixed64())
    else if (number === 8) span.end = BigInt(reader.fixed64())
    else if (number === 9) return keyValue(reader, attributes)
    else if (number === 15) span.failed = isError(reader)
    else return false
    return true
  })
  return span
}

function isError(reader: BinaryReader): boolean {
  let code = 0
  message(reader, reader.uint32(), (_, number) => {
    if (number !== 3) return false
    code = reader.int32()
    return true
  })
  return code === 2
}

function keyValue(reader: BinaryReader, into: Map<string, string>): true {
  let key = ''
  let value: string | undefined
  message(reader, reader.uint32(), (_, number) => {
    if (number === 1) key = reader.string()
    else if (number === 2) value = anyValue(reader)
    else return false
    return true
  })
  if (value !== undefined) into.set(key, value)
  return true
}

function anyValue(reader: BinaryReader): string | undefined {
  let value: string | undefined
  message(reader, reader.uint32(), (_, number) => {
    if (number === 1) value = reader.string()
    else if (number === 2) value = String(reader.bool())
    else if (number === 3) value = String(reader.int64())
    else if (number === 4) value = String(reader.double())
    else return false
    return true
  })
  return value
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
