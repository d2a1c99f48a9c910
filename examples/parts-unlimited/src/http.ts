import { createServer, type IncomingMessage, type Server } from 'node:http'
import { Refused } from './refused.ts'
import { count, log } from './telemetry.ts'

export type Call = { readonly query: string; readonly cookies: string; form(): Promise<URLSearchParams> }
export type Answer = { readonly status: number; readonly body: string; readonly headers: Readonly<Record<string, string>> }
export type Service = {
  /** By method and path, `GET /basket`; `none` answers everything else. */
  readonly routes: Readonly<Record<string, (call: Call) => Promise<Answer>>>
  sorry(call: Call, error: Error): Answer
}

const formLengthMax = 10_000

/** One log line and two counts per request. What breaks is answered, also when saying sorry breaks. */
export function createHttp({ routes, sorry }: Service): Server {
  const server = createServer({ requestTimeout: 15_000 }, async (request, response) => {
    const started = performance.now()
    const url = URL.parse(request.url ?? '/', 'http://shop') ?? new URL('http://shop/unreadable')
    const asked = `${request.method === 'HEAD' ? 'GET' : request.method} ${url.pathname}`
    const route = routes[asked] ? asked : 'none'
    const call = callOf(request, url)
    const { status, body, headers } = await routes[route]!(call)
      .catch((error: Error) => sorry(call, error))
      .catch(() => ({ status: 500, body: 'Something broke on our side.', headers: {} }))
    // A form not read to its end would be taken for the next request; a server that stops wants no next one.
    const connection = request.complete && server.listening ? 'keep-alive' : 'close'
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), connection, ...headers }).end(body)
    const seconds = (performance.now() - started) / 1_000
    const labels = `{route="${route}",status="${request.errored ? 499 : status}"}` // 499: the visitor went away.
    count(`http_requests_total${labels}`)
    count(`http_request_seconds_total${labels}`, seconds)
    log('info', 'request', { asked, status, seconds: Number(seconds.toFixed(5)) })
  })
  return server
}

function callOf(request: IncomingMessage, { searchParams }: URL): Call {
  const query = (searchParams.get('q') ?? '').replaceAll('\0', '').trim().slice(0, 80)
  return { query, cookies: request.headers.cookie ?? '', form: () => readForm(request) }
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    body += chunk as string
    if (body.length > formLengthMax) throw new Refused(413, `A form may have at most ${formLengthMax} characters.`)
  }
  return new URLSearchParams(body.replaceAll(/\0|%00/g, ''))
}
