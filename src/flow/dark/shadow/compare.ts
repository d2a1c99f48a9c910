import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { hasCode } from '../../../kernel/errors.ts'
import { differenceOf } from '../../../../sdk/src/dark/difference.ts'
import type { Answer, Seen, Shadowing } from '../../environment/shadow.port.ts'

/** How a copy failed, or in what its answer differs; undefined: in nothing. */
export type Compared =
  | { readonly failure: 'timeout' | 'threw' | 'comparison'; readonly what: string }
  | { readonly failure: undefined; readonly what: string | undefined }

/** Of compressed answers no more is looked at: they are unpacked and read in the process that passes production's requests on. */
const unpackedMax = 256 * 1024

/**
 * Holds two answers to the same request against each other. What is said of them never holds what they hold. Never throws.
 * @returns `size`: they unpack to more than is looked at, so that nothing is known
 */
export function compared(
  { control, copy, method }: Pick<Seen, 'control' | 'copy' | 'method'>,
  { compare: how, limits }: Pick<Shadowing, 'compare' | 'limits'>,
): Compared | 'size' {
  if ('failed' in copy) return { failure: copy.failed === 'timeout' ? 'timeout' : 'threw', what: failures[copy.failed] }
  // As a call that throws where the one that is there answers: there is nothing to compare.
  if (copy.status >= 500 && control.status < 500) return { failure: 'threw', what: `status ${control.status}, ${copy.status}` }
  const head = [
    ...(control.status === copy.status ? [] : [`status ${control.status}, ${copy.status}`]),
    ...how.headers.flatMap((name) => headerDifference(control, copy, name) ?? []),
  ]
  try {
    const most = Math.min(4 * limits.bodyBytes, unpackedMax)
    const body = how.body === 'compared' && method !== 'HEAD' ? bodyDifference(control, copy, new Set(how.ignore), most) : undefined
    const found = [...head, ...(body === undefined ? [] : [body])]
    return { failure: undefined, what: found.length === 0 ? undefined : found.join('; ') }
  } catch (error) {
    // Whatever the bodies hold, their heads differ.
    if (hasCode(error, 'ERR_BUFFER_TOO_LARGE')) return head.length === 0 ? 'size' : { failure: undefined, what: head.join('; ') }
    return { failure: 'comparison', what: 'answers that could not be compared' }
  }
}

const failures = { timeout: 'no answer in time', broken: 'no answer' }

function headerDifference(control: Answer, copy: Answer, name: string): string | undefined {
  const [one, other] = [control, copy].map(({ headers }) => headers[name]?.toString())
  if (one === other) return undefined
  return `${name}: ${one === undefined ? 'added' : other === undefined ? 'missing' : 'other'}`
}

function bodyDifference(control: Answer, copy: Answer, ignored: ReadonlySet<string>, most: number): string | undefined {
  if (copy.body === undefined || control.body === undefined) return 'body: larger than is compared'
  if (control.body.equals(copy.body)) return undefined
  const [one, other] = [plain(control, most), plain(copy, most)]
  if (one.equals(other)) return undefined
  const [mine, theirs] = [jsonOf(control, one), jsonOf(copy, other)]
  if (mine === undefined || theirs === undefined) return 'body: other bytes'
  const difference = differenceOf(mine.value, theirs.value, ignored)
  return difference === undefined ? undefined : `body ${difference}`
}

function plain({ headers, body }: Answer, most: number): Buffer {
  const limit = { maxOutputLength: most }
  switch (headers['content-encoding']) {
    case 'gzip':
      return gunzipSync(body!, limit)
    case 'deflate':
      return inflateSync(body!, limit)
    case 'br':
      return brotliDecompressSync(body!, limit)
    default:
      return body!
  }
}

function jsonOf({ headers }: Answer, body: Buffer): { readonly value: unknown } | undefined {
  if (!/^[^;]*[/+]json\s*(?:;|$)/.test(headers['content-type'] ?? '')) return undefined
  try {
    return { value: JSON.parse(body.toString('utf8')) }
  } catch {
    return undefined
  }
}

/** A path as others may read it: without its query, and without what looks like somebody's. `/orders/17` is `/orders/*`. */
export function placeOf(path: string): string {
  const [bare = '/'] = path.split('?', 1)
  const parts = bare.split('/').map((part) => (/^[a-z][a-z._-]{0,29}$/.test(part) || part === '' ? part : '*'))
  return parts.length > 6 ? [...parts.slice(0, 6), '…'].join('/') : parts.join('/')
}
