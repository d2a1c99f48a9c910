import { invalid, tooLarge, type ThreewaysError } from '../kernel/errors.ts'
import { shortened } from './validation.ts'

/** Bytes of a body with one event, and with a batch. One event is at most 256 KiB as canonical JSON; white space is free. */
export const bodyBytesMax = { single: 1024 * 1024, batch: 8 * 1024 * 1024 } as const

export type Received =
  | { readonly mode: 'single'; readonly event: unknown }
  | { readonly mode: 'batch'; readonly events: readonly unknown[] }

/**
 * Reads a request of the CloudEvents 1.0 HTTP binding: structured, binary or batch, in JSON. What the events say is not
 * looked at.
 * @throws ThreewaysError `EVENT_MODE_UNKNOWN`, `BODY_INVALID`, `BODY_TOO_LARGE`
 */
export async function receive(request: Request): Promise<Received> {
  const contentType = request.headers.get('content-type') ?? ''
  const media = contentType.split(';', 1)[0]!.trim().toLowerCase()
  if (media === 'application/cloudevents-batch+json') {
    const events = await bodyOf(request, bodyBytesMax.batch)
    if (!Array.isArray(events))
      throw invalid('BODY_INVALID', { message: 'a batch is a JSON array of events', help: 'send [] around the events' })
    return { mode: 'batch', events }
  }
  if (media === 'application/cloudevents+json') return { mode: 'single', event: await bodyOf(request, bodyBytesMax.single) }
  if (!media.startsWith('application/cloudevents') && request.headers.has('ce-specversion')) {
    return { mode: 'single', event: { ...attributesOf(request.headers, contentType), data: await bodyOf(request, bodyBytesMax.single) } }
  }
  throw invalid('EVENT_MODE_UNKNOWN', {
    message: `the content type ${shortened(contentType)} is none in which an event comes`,
    help: 'send application/cloudevents+json, application/cloudevents-batch+json, or a CDEvent as application/json with its attributes in ce- headers',
  })
}

const strict = new TextDecoder('utf-8', { fatal: true })

async function bodyOf(request: Request, bytesMax: number): Promise<unknown> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw largerThan(bytesMax)
  const bytes = await request.arrayBuffer()
  if (bytes.byteLength > bytesMax) throw largerThan(bytesMax)
  try {
    return JSON.parse(strict.decode(bytes))
  } catch (error) {
    // The parser's own words quote the body.
    const position = error instanceof SyntaxError ? /at position (\d+)/.exec(error.message)?.[1] : undefined
    const what = !(error instanceof SyntaxError) ? ': it is not UTF-8' : position === undefined ? '' : `, from character ${position} on`
    throw invalid('BODY_INVALID', { message: `the body is not JSON${what}`, help: 'send one JSON value, encoded in UTF-8' })
  }
}

function largerThan(bytesMax: number): ThreewaysError {
  return tooLarge('BODY_TOO_LARGE', {
    message: `the body is larger than ${bytesMax} bytes`,
    help: 'keep large things elsewhere and record their address; send many events in several batches',
  })
}

function attributesOf(headers: Headers, contentType: string): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const [name, value] of headers) {
    if (name.startsWith('ce-')) attributes[name.slice(3)] = decoded(name, value)
  }
  return contentType === '' ? attributes : { ...attributes, datacontenttype: contentType }
}

/** Section 3.1.3.2 of the binding: quotes are taken off first, then percent signs decoded, once. */
function decoded(name: string, value: string): string {
  const unquoted = /^"(.*)"$/.test(value) ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value
  const bytes = unquoted.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  try {
    return strict.decode(Buffer.from(bytes, 'latin1'))
  } catch {
    throw invalid('EVENT_INVALID', {
      message: `the header "${name}" is not UTF-8`,
      faults: [{ path: `/${name.slice(3)}`, message: 'is not UTF-8', value: shortened(value) }],
      help: 'percent-encode the UTF-8 bytes of what is not ASCII',
    })
  }
}
