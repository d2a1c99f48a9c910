import { messageOf } from '../../kernel/errors.ts'
import type { Told } from '../../flow/commit-status/commit-status.port.ts'

/** A host that does not answer within this is away. */
const timeoutMs = 10_000
/** So long it is left alone then: asking it of one thing after the other would hold up what other hosts are to be told. */
const awayMs = 15_000
const answerCharsMax = 200

export type Host = {
  /** Of the API, without a slash at its end. */
  readonly api: string
  readonly token: string
}

/** Posts JSON and says how it went. The token goes to this address only: redirections are not followed. */
export async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: object,
  signal: AbortSignal,
): Promise<Told & { readonly status?: number }> {
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'threeways' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    return { told: 'later', why: messageOf(cause), notBefore: Date.now() + awayMs }
  }
  const text = await response.text().catch(() => '')
  if (response.ok) return { told: true, status: response.status }
  const why = `HTTP ${response.status}: ${text.replaceAll(/\s+/g, ' ').slice(0, answerCharsMax)}`
  const notBefore = waitOf(response, Date.now())
  if (response.status >= 300 && response.status < 400) return { told: 'never', why: `it redirects; name the address it leads to (${why})` }
  return { told: 'later', why, status: response.status, ...(notBefore === undefined ? {} : { notBefore }) }
}

/** Until when a host wants to be left alone, epoch ms: `Retry-After`, or a rate limit that is used up. */
export function waitOf({ status, headers }: Pick<Response, 'status' | 'headers'>, now: number): number | undefined {
  const after = headers.get('retry-after')
  if (after !== null) {
    const ms = /^\d+$/.test(after) ? now + Number(after) * 1000 : Date.parse(after)
    if (Number.isFinite(ms)) return ms
  }
  if (status !== 403 && status !== 429) return undefined
  const [left, reset] = ['ratelimit-remaining', 'ratelimit-reset'].map((name) => headers.get(`x-${name}`) ?? headers.get(name))
  return left === '0' && reset != null && /^\d+$/.test(reset) ? Number(reset) * 1000 : undefined
}

export const cut = (text: string, chars: number): string => (text.length <= chars ? text : `${text.slice(0, chars - 1)}…`)
