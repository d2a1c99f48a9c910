import { invalid, messageOf, notFound, refused, ThreewaysError, unauthorized, unavailable } from '../../kernel/errors.ts'
import { waitOf } from '../commit-status/ask.ts'

const timeoutMs = 30_000
const bytesMax = 32 * 1024 * 1024
const tries = 6
/** A rate limit lasts an hour at most; whoever lets us wait longer is not asked further. */
const waitMsMax = 65 * 60_000

/** What differs between hosts. */
export type Host = {
  readonly name: string
  /** An address of its API, as one would write it. */
  readonly example: string
  readonly headers: (token: string | undefined) => Readonly<Record<string, string>>
  /** What to do when it refuses. */
  readonly help: (hasToken: boolean) => string
}

export type Asking = {
  /** Address of the API. */
  readonly api: string
  readonly token: string | undefined
  /** Told why it takes longer. */
  tell(message: string): void
  sleep(ms: number): Promise<void>
  now(): number
}

export type Api = ReturnType<typeof pagedApi>

/**
 * The REST API of a host of repositories: pages by the `Link` header (RFC 8288), waits where a rate limit is used up, again where the host fails.
 * The token goes to this address only: redirections are not followed, and no page elsewhere is.
 * @throws ThreewaysError `HOST_ADDRESS` when the address would give the token away
 */
export function pagedApi(host: Host, { api, token, tell, sleep, now }: Asking) {
  const base = addressOf(api, host)
  const headers = { 'user-agent': 'threeways', ...host.headers(token) }

  /** @throws ThreewaysError `HOST_UNREACHABLE`, `HOST_REFUSES`, `HOST_UNKNOWN` */
  async function get(url: string): Promise<{ readonly body: unknown; readonly next: string | undefined }> {
    for (let attempt = 1; ; attempt++) {
      const answer = await ask(url)
      if (answer.ok) return { body: answer.body, next: answer.next }
      const { why, waitMs } = answer
      if (answer.fails !== undefined) throw answer.fails
      if (attempt >= tries || waitMs > waitMsMax)
        throw unavailable('HOST_UNREACHABLE', {
          message: `${base.host} does not answer: ${why}`,
          help: 'what it told is recorded; begin the import again later, it goes on from there',
        })
      if (waitMs >= 1000) tell(`${base.host}: ${why}; waiting for ${Math.ceil(waitMs / 1000)} s`)
      await sleep(waitMs)
    }
  }

  type Answer =
    | { readonly ok: true; readonly body: unknown; readonly next: string | undefined }
    | { readonly ok: false; readonly why: string; readonly waitMs: number; readonly fails?: ThreewaysError | undefined }

  async function ask(url: string): Promise<Answer> {
    let response: Response
    try {
      response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
      return { ok: false, why: messageOf(cause), waitMs: 500 }
    }
    const text = await response.text().catch(() => '')
    if (response.ok && text.length <= bytesMax) {
      const body = parsed(text)
      if (body === undefined) return { ok: false, why: 'an answer that is not JSON, or cut off', waitMs: 500 }
      return { ok: true, body, next: nextOf(response.headers.get('link'), base) }
    }
    const until = waitOf(response, now())
    if (until !== undefined) return { ok: false, why: 'its rate limit is used up', waitMs: Math.max(0, until - now()) + 250 }
    const why = `HTTP ${response.status}`
    // Its second limit, of how much at once, often says no time.
    if (response.status === 429 || (response.status === 403 && /rate limit/i.test(text)))
      return { ok: false, why: 'it is asked too much at once', waitMs: 60_000 }
    if (response.status >= 500) return { ok: false, why, waitMs: 500 }
    return { ok: false, why, waitMs: 0, fails: failure(response.status, new URL(url).pathname, base.host, host.help(token !== undefined)) }
  }

  return {
    /** Address of a list's first page. */
    first(path: string, query: Readonly<Record<string, string>> = {}): string {
      return `${base.href.replace(/\/$/, '')}${path}?${new URLSearchParams({ per_page: '100', ...query })}`
    },

    /** A page, and where the next is. @param within - the member that holds the list, where the answer is not it itself */
    async page(url: string, within?: string): Promise<{ readonly items: readonly unknown[]; readonly next: string | undefined }> {
      const { body, next } = await get(url)
      const items = within === undefined ? body : (body as Readonly<Record<string, unknown>> | null)?.[within]
      if (!Array.isArray(items))
        throw invalid('HOST_STRANGE', {
          message: `${new URL(url).pathname} of ${base.host} answers no list`,
          help: 'is --api the address of its API?',
        })
      return { items, next }
    },

    /** One thing. */
    async one(path: string): Promise<unknown> {
      return (await get(`${base.href.replace(/\/$/, '')}${path}`)).body
    },

    /** All of a list that is short. */
    async all(path: string, within?: string, query?: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
      const items: unknown[] = []
      for (let url: string | undefined = this.first(path, query); url !== undefined;) {
        const page: { readonly items: readonly unknown[]; readonly next: string | undefined } = await this.page(url, within)
        items.push(...page.items)
        url = page.next
      }
      return items
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function addressOf(api: string, { example }: Host): URL {
  const url = URL.canParse(api) ? new URL(api) : undefined
  const isHere = url !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
  if (url !== undefined && (url.protocol === 'https:' || (url.protocol === 'http:' && isHere))) return url
  throw invalid('HOST_ADDRESS', { message: `--api ${api} is no https address`, help: `for example ${example}` })
}

/** RFC 8288: `<address>; rel="next"`. One that leads elsewhere would give the token away. */
function nextOf(link: string | null, base: URL): string | undefined {
  const found = /<([^>]+)>\s*;\s*rel="next"/.exec(link ?? '')?.[1]
  if (found === undefined) return undefined
  const url = new URL(found, base)
  if (url.origin === base.origin) return url.href
  throw refused('HOST_STRANGE', { message: `the next page is said to be at ${url.origin}, not at ${base.origin}` })
}

function failure(status: number, path: string, host: string, help: string): ThreewaysError {
  if (status === 401) return unauthorized('HOST_REFUSES', { message: `${host} does not know this token (HTTP 401)`, help })
  if (status === 404) return notFound('HOST_UNKNOWN', { message: `${host} has nothing at ${path}, or does not show it`, help })
  return refused('HOST_REFUSES', { message: `${host} refuses ${path}: HTTP ${status}`, help })
}
