import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { differenceOf } from '../../../../sdk/src/dark/difference.ts'
import type { Answer, Seen, Shadowing } from '../../environment/shadow.port.ts'

/** How a copy failed, or in what its answer differs; undefined: in nothing. */
export type Compared =
  | { readonly failure: 'timeout' | 'threw' | 'comparison'; readonly what: string }
  | { readonly failure: undefined; readonly what: string | undefined }

/** Of compressed answers no more is looked at. */
const bytesMax = 4 * 1024 ** 2

/** Holds two answers to the same request against each other. What is said of them never holds what they hold. Never throws. */
export function compared({ control, copy, method }: Pick<Seen, 'control' | 'copy' | 'method'>, how: Shadowing['compare']): Compared {
  if ('failed' in copy) return { failure: copy.failed === 'timeout' ? 'timeout' : 'threw', what: failures[copy.failed] }
  // As a call that throws where the one that is there answers: there is nothing to compare.
  if (copy.status >= 500 && control.status < 500) return { failure: 'threw', what: `status ${control.status}, ${copy.status}` }
  try {
    const body = how.body === 'compared' && method !== 'HEAD' ? bodyDifference(control, copy, new Set(how.ignore)) : undefined
    const found = [
      ...(control.status === copy.status ? [] : [`status ${control.status}, ${copy.status}`]),
      ...how.headers.flatMap((name) => headerDifference(control, copy, name) ?? []),
      ...(body === undefined ? [] : [body]),
    ]
    return { failure: undefined, what: found.length === 0 ? undefined : found.join('; ') }
  } catch {
    return { failure: 'comparison', what: 'answers that could not be compared' }
  }
}

const failures = { timeout: 'no answer in time', broken: 'no answer' }

function headerDifference(control: Answer, copy: Answer, name: string): string | undefined {
  const [one, other] = [control, copy].map(({ headers }) => headers[name]?.toString())
  if (one === other) return undefined
  return `${name}: ${one === undefined ? 'added' : other === undefined ? 'missing' : 'other'}`
}

function bodyDifference(control: Answer, copy: Answer, ignored: ReadonlySet<string>): string | undefined {
  if (copy.body === undefined || control.body === undefined) return 'body: larger than is compared'
  if (control.body.equals(copy.body)) return undefined
  const [one, other] = [plain(control), plain(copy)]
  if (one.equals(other)) return undefined
  const [mine, theirs] = [jsonOf(control, one), jsonOf(copy, other)]
  if (mine === undefined || theirs === undefined) return 'body: other bytes'
  const difference = differenceOf(mine.value, theirs.value, ignored)
  return difference === undefined ? undefined : `body ${difference}`
}

function plain({ headers, body }: Answer): Buffer {
  const limit = { maxOutputLength: bytesMax }
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
