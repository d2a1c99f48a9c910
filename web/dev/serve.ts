import { readFile } from 'node:fs/promises'
import type { Asker, BatchesView, CouplingView, Found, OwnersView, PredictionBoard, RecoveryBoard, RecoveryView } from '../src/api/types.ts'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { differenceOf, parityOf, patch } from './difference-fixture.ts'
import { approvalsOf, boardOf, environmentsOf, estateRowOf, summaryOf } from './estate-fixture.ts'
import { attestationsOf, machinesOf } from './proof-fixture.ts'
import { constraintOf, keysOf, whatIfOf, flowDetailOf, flowPictureOf, flowRowOf } from './flow-fixture.ts'
import { besideOf, flagDaysOf, flagDetailOf, flagOf, noExperiments, noProposals, noStale } from './flag-fixture.ts'
import { fixture, fixtureNames, type Fixture, type FixtureName } from './fixtures.ts'

/**
 * Answers as the server does, from a fixture: for designing the page, its screenshots and its test. What the page asks to be
 * done is kept in `posted` and not done.
 */
export type FakeServer = {
  readonly url: string
  readonly posted: { readonly path: string; readonly body: unknown; readonly authorization: string | undefined }[]
  /** Shows another situation and tells everyone who listens. */
  show(next: Fixture): void
  /** Refuses every action from now on, as problem+json. */
  refuse(problem: Readonly<Record<string, unknown>> | undefined): void
  /** Reading needs a token too, as on a server that others reach. */
  lock(locked: boolean): void
  /** Ends the live connections; `false` refuses new ones and every request too. */
  connected(answering: boolean): void
  close(): Promise<void>
}

const unknownVisitor = {
  title: 'unauthorized',
  detail: 'no token was sent',
  code: 'TOKEN_MISSING',
  help: 'make one with `threeways token`',
  faults: [],
}
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'"

export async function serveFake(dist: string, first: Fixture, port = 0): Promise<FakeServer> {
  const posted: FakeServer['posted'] = []
  const listeners = new Set<ServerResponse>()
  let current = first
  let head = 1
  let answering = true
  let locked = false
  let refusal: Readonly<Record<string, unknown>> | undefined

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://fake')
    if (!answering) return void request.socket.destroy()
    if (locked && url.pathname.startsWith('/api/') && request.headers.authorization === undefined)
      return json(response, 401, unknownVisitor)
    if (request.method === 'POST') {
      posted.push({ path: url.pathname, body: JSON.parse(await bodyOf(request)), authorization: request.headers.authorization })
      return refusal === undefined ? json(response, 200, {}) : json(response, Number(refusal['status'] ?? 422), refusal)
    }
    if (url.pathname === '/api/live') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`event: head\ndata: {"head": ${head}}\n\n`)
      listeners.add(response)
      return void response.on('close', () => listeners.delete(response))
    }
    if (url.pathname.startsWith('/api/')) return answer(url, current, response)
    await file(dist, url.pathname, response)
  }
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const drop = () => listeners.forEach((listener) => listener.destroy())
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`,
    posted,
    show(next) {
      current = next
      head += 1
      for (const listener of listeners) listener.write(`event: head\ndata: {"head": ${head}}\n\n`)
    },
    refuse(problem) {
      refusal = problem
    },
    lock(next) {
      locked = next
    },
    connected(next) {
      answering = next
      if (!next) drop()
    },
    close: () =>
      new Promise((resolve) => {
        drop()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(url: URL, shown: Fixture, response: ServerResponse): void {
  const { streams, runs, stories, logs, more = [], can, scopes } = shown
  const [, , kind, name = '', part] = url.pathname.split('/').map(decodeURIComponent)
  const asked = (key: string) => url.searchParams.get(key) ?? ''
  if (kind === 'runs' && part === 'log') {
    const log = logs[`${name} ${asked('step')}`] ?? { text: '', complete: true }
    return logChunk(response, Buffer.from(log.text), Number(asked('offset')), log.complete)
  }
  if (kind === 'environments' && name === 'logs') return environmentLog(response)
  const story = stories.find(({ card }) => card.digest === name)
  const found = {
    estate:
      name === 'summary'
        ? summaryOf([...streams.map(estateRowOf), ...more])
        : { version: '', whole: true, gone: [], streams: [...streams.map(estateRowOf), ...more] },
    approvals: { approvals: approvalsOf([...streams.map(estateRowOf), ...more], can) },
    line: boardOf([...streams.map(estateRowOf), ...more]),
    streams: part === 'shadows' ? { shadows: [] } : name === '' ? { streams } : streams.find(({ stream }) => stream === name),
    runs: runs.find(({ id }) => id === name),
    candidates:
      part === undefined
        ? story
        : part === 'attestations'
          ? attestationsOf(name)
          : url.pathname.endsWith('/file')
            ? patch
            : differenceOf(story?.card ?? { ...stories[0]!.card, digest: name }, streams, asked('against')),
    environments: name === 'diff' ? parityOf(asked('a'), asked('b'), streams) : { environments: environmentsOf(streams) },
    owners: { owners: [] } satisfies OwnersView,
    recovery: { known: [], shared: 0, rows: [] } satisfies RecoveryBoard,
    coupling: {
      by: 'deployment',
      environment: null,
      since: null,
      until: null,
      minutes: 30,
      looked: 0,
      mass: 0,
      named: null,
      rows: [],
    } satisfies CouplingView,
    batches: { known: [], trend: null, since: null, until: null, nothingNew: 0, rows: [] } satisfies BatchesView,
    whatif: whatIfOf(name, asked('change'), Date.now()),
    predictions: { rows: [], coverage: { figures: 0, inside: 0, share: null } } satisfies PredictionBoard,
    keys: keysOf(name, Date.now()),
    constraint: name === '' ? { rows: [] } : constraintOf(name, Date.now()),
    flow: flowOf(streams, name, part),
    flags: flagsOf(streams, name, part),
    'stale-flags': noStale,
    'flag-proposals': noProposals,
    experiments: noExperiments,
    me: { name: 'ann', scopes: scopes ?? ['admin'], anonymous: false } satisfies Asker,
    machines: { machines: machinesOf() },
    search: { found: search(shown, asked('q')) },
  }[kind ?? '']
  if (found !== undefined) return json(response, 200, found)
  json(response, 404, {
    title: 'not found',
    detail: `there is no ${kind} "${name}"`,
    code: 'NOT_FOUND',
    help: 'list what there is with `threeways status`',
    faults: [],
  })
}

function flowOf(streams: Fixture['streams'], name: string, part: string | undefined) {
  const now = Date.now()
  if (name === '') return { streams: streams.map(({ stream }) => flowRowOf(stream, now)) }
  if (part === 'recovery') return recoveryOf(name, now)
  return part === 'picture' ? flowPictureOf(name, now) : flowDetailOf(name, now)
}

/** Nobody ever told of a failure. */
function recoveryOf(stream: string, now: number): RecoveryView {
  const [since, until] = [new Date(now - 90 * 86_400_000).toISOString(), new Date(now).toISOString()]
  const ways = { back: 0, forward: 0, other: 0, open: 0 }
  const nothing = { failures: 0, recovery: null, ways, known: [], stages: [], spentMs: 0, parts: [], rows: [] }
  return { stream, environment: 'production', since, until, asOf: until, ...nothing }
}

function flagsOf([stream]: Fixture['streams'], name: string, part: string | undefined) {
  if (stream === undefined) return name === '' ? { flags: [] } : undefined
  const flag = flagDetailOf(stream.stream, Date.now())
  if (name === '') return { flags: [flagOf(stream.stream, Date.now())] }
  if (name !== flag.flag) return undefined
  if (part === 'traffic') return { days: flagDaysOf(Date.now()) }
  if (part === 'beside') return besideOf(stream.stream, Date.now())
  return part === undefined ? flag : undefined
}

function search({ streams, runs, more = [] }: Fixture, question: string): Found[] {
  const has = (text: string) => text.toLowerCase().includes(question.toLowerCase())
  const names = [...streams, ...more].map(({ stream }) => stream)
  return [
    ...names.filter(has).map((stream): Found => ({ kind: 'stream', id: stream, stream, title: stream, detail: '', at: null, state: null })),
    ...runs
      .filter(({ summary, commit }) => has(summary) || has(commit))
      .map(({ id, stream, summary, author, state, queuedAt }): Found => ({
        kind: 'run',
        id,
        stream,
        title: summary,
        detail: author,
        at: queuedAt,
        state,
      })),
  ].slice(0, 12)
}

/** Some lines, and never an end. */
function environmentLog(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  for (let line = 1; line <= 40; line++)
    response.write(`${JSON.stringify({ service: 'web', line: `GET /parts/${line * 7} 200 ${3 + (line % 9)} ms` })}\n`)
}

const chunkBytes = 256 * 1024

function logChunk(response: ServerResponse, bytes: Buffer, offset: number, complete: boolean): void {
  const end = Math.min(bytes.length, offset + chunkBytes)
  response.writeHead(200, {
    'content-type': 'text/plain; charset=utf-8',
    'x-next-offset': String(end),
    'x-complete': String(complete && end === bytes.length),
  })
  response.end(bytes.subarray(offset, end))
}

async function file(dist: string, path: string, response: ServerResponse): Promise<void> {
  const wanted = extname(path) === '' ? 'index.html' : normalize(path)
  const content = await readFile(join(dist, wanted)).catch(() => undefined)
  if (content === undefined) return void response.writeHead(404).end()
  response.writeHead(200, { 'content-type': types[extname(wanted)] ?? 'application/octet-stream', 'content-security-policy': policy })
  response.end(content)
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' })
  response.end(JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

if (import.meta.main) {
  const name = process.argv[2] ?? 'running'
  if (!fixtureNames.includes(name as FixtureName)) {
    console.error(`there is no fixture "${name}"; there are ${fixtureNames.join(', ')}`)
    process.exit(2)
  }
  const server = await serveFake(join(import.meta.dirname, '../dist'), fixture(name as FixtureName, Date.now()), 7444)
  console.log(`${server.url}/#token=fake shows "${name}"`)
}
