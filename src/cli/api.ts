import { nearTo } from '../flow/definition/suggest.ts'
import { kindOf, ThreewaysError, unavailable } from '../kernel/errors.ts'
import type { Problem } from '../kernel/http.ts'
import type { CloudEvent } from '../ledger/event.ts'
import type { Ledger, Receipt } from '../ledger/ledger.ts'
import type { CliContext } from './context.ts'
import { databaseUrlOf, homeFolder, secretKeyFileOf } from './context.ts'
import { during, type Ending } from './ending.ts'

/** Where to find a server, and whose word to give it. */
export type ConnectFlags = { readonly home?: string; readonly server?: string }

export const connectFlags = {
  home: { kind: 'parsed', parse: String, optional: true, brief: 'data folder [default: .threeways of the project]' },
  server: { kind: 'parsed', parse: String, optional: true, brief: 'address of a server elsewhere; its token in THREEWAYS_TOKEN' },
} as const

/** The API as a command uses it: over the network, or in this process when no server runs. */
export type Api = {
  /** Undefined: in this process. */
  readonly url: string | undefined
  get<T>(path: string): Promise<T>
  /** What it answers as a table (RFC 4180). */
  table(path: string): Promise<string>
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>
  /** The raw response, for streams. @throws like the others */
  open(path: string, init?: RequestInit): Promise<Response>
  /** Records events, all or none; each answer is at the place of its event. @throws as `POST /api/events` refuses them */
  record(events: readonly CloudEvent[]): Promise<readonly Pick<Receipt, 'duplicate'>[]>
  close(): Promise<void>
}

/** A path of the API: what is put into it stays one part of it. */
export function at(texts: TemplateStringsArray, ...parts: readonly (string | number)[]): string {
  const strange = parts.find((part) => part === '' || part === '.' || part === '..')
  if (strange !== undefined) throw new ThreewaysError('invalid', 'NAME_INVALID', { message: `"${strange}" is no name` })
  return String.raw({ raw: texts }, ...parts.map(encodeURIComponent))
}

type Fetch = (path: string, init: RequestInit) => Promise<Response>

/** @throws ThreewaysError `SERVER_UNREACHABLE`, and what opening the ledger here throws */
async function connect(context: CliContext, flags: ConnectFlags, makesHome: boolean): Promise<Api> {
  const told = flags.server ?? context.env['THREEWAYS_SERVER']
  const home = homeFolder(context, flags.home)
  if (told !== undefined) return remote(told, context.env['THREEWAYS_TOKEN'])
  const { listeningServer } = await import('../server/home.ts')
  const server = await listeningServer(home)
  if (server === undefined) return inProcess(context, home, makesHome)
  const { readAdminToken } = await import('../server/tokens.ts')
  return remote(server.url, context.env['THREEWAYS_TOKEN'] ?? (await readAdminToken(home)))
}

/**
 * Works with the API and closes it again, also when a signal comes.
 * @param makesHome - begin a ledger where there is none yet. @defaultValue false
 * @throws as `connect`
 */
export async function withApi(
  context: CliContext,
  flags: ConnectFlags,
  work: (api: Api, ending: Ending) => Promise<void>,
  { makesHome = false }: { readonly makesHome?: boolean } = {},
): Promise<void> {
  await during(context, () => connect(context, flags, makesHome), work)
}

function remote(url: string, token: string | undefined): Api {
  const base = url.replace(/\/+$/, '')
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return apiOver(base, async (path, init) => {
    try {
      return await fetch(`${base}${path}`, { ...init, headers: { ...headers, ...init.headers } })
    } catch (error) {
      throw unavailable('SERVER_UNREACHABLE', {
        message: `no server answers at ${base}`,
        help: 'start it with `threeways up`, or correct --server',
        cause: error,
      })
    }
  })
}

/** Looks and records by itself; runs and environments need a server that works on them. */
async function inProcess({ output, env }: CliContext, folder: string, makesHome: boolean): Promise<Api> {
  const databaseUrl = databaseUrlOf(env)
  const [{ openThreeways }, { openHome, openHomeThere }] = await Promise.all([import('../server/compose.ts'), import('../server/home.ts')])
  const threeways = await openThreeways({
    home: await (databaseUrl === undefined && !makesHome ? openHomeThere : openHome)(folder),
    databaseUrl,
    secretKeyFile: secretKeyFileOf(env),
    repository: undefined,
    anonymous: undefined,
    hosts: undefined,
    parallel: 0,
    work: false,
    log: (message) => output.say(output.colour.dim(message)),
  })
  return apiInside(threeways)
}

/** The API of a server in this very process. */
export function apiInside(threeways: {
  readonly app: { request(path: string, init: RequestInit): Response | Promise<Response> }
  readonly ledger: Pick<Ledger, 'append'>
  readonly adminToken: string
  close(): Promise<void>
}): Api {
  const authorization = `Bearer ${threeways.adminToken}`
  const api = apiOver(undefined, async (path, init) =>
    threeways.app.request(path, { ...init, headers: { authorization, ...init.headers } }),
  )
  // Or an import would spend a good part of its time on writing its events for itself and reading them again.
  return { ...api, record: (events) => threeways.ledger.append(events), close: () => threeways.close() }
}

function apiOver(url: string | undefined, request: Fetch): Api {
  const open = async (path: string, init: RequestInit = {}) => {
    const response = await request(path, init)
    if (!response.ok) throw await problemOf(response)
    return response
  }
  return {
    url,
    open,
    table: async (path) => (await open(path, { headers: { accept: 'text/csv' } })).text(),
    get: async <T>(path: string) => (await (await open(path)).json()) as T,
    async send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) {
      const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      return (await (await open(path, { method, ...content })).json()) as T
    },
    async record(events) {
      const headers = { 'content-type': 'application/cloudevents-batch+json' }
      const response = await open('/api/events', { method: 'POST', headers, body: JSON.stringify(events) })
      return ((await response.json()) as { receipts: readonly { readonly duplicate: boolean }[] }).receipts
    },
    async close() {},
  }
}

async function problemOf(response: Response): Promise<ThreewaysError> {
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined
  if (problem?.code === undefined)
    return unavailable('SERVER_STRANGE', {
      message: `the server answered ${response.status} and no reason`,
      help: 'is it a Threeways server?',
    })
  const { code, detail, help, faults } = problem
  return new ThreewaysError(kindOf(response.status) ?? 'internal', code, {
    message: detail,
    ...(help === undefined ? {} : { help }),
    ...(faults === undefined ? {} : { faults: faults as ThreewaysError['faults'] }),
  })
}

/**
 * The value stream a command means: as told, or the only one. What is told is compared with what there is: a slip of the pen must
 * not stop a line that nobody has.
 * @throws ThreewaysError `STREAM_MISSING`, `STREAM_NOT_FOUND`
 */
export async function streamNamed(api: Api, told: string | undefined): Promise<string> {
  const { streams } = await api.get<{ streams: { stream: string }[] }>('/api/streams')
  // An imported ledger has lines to stop before anything is delivered here.
  if (told !== undefined && (streams.length === 0 || streams.some(({ stream }) => stream === told))) return told
  if (told !== undefined) throw streamUnknown(told, streams)
  const [only, another] = streams
  if (only !== undefined && another === undefined) return only.stream
  const names = streams.map(({ stream }) => stream).join(', ')
  throw new ThreewaysError('invalid', 'STREAM_MISSING', {
    message: only === undefined ? 'nothing was delivered here yet' : `which value stream? there are: ${names}`,
    help: only === undefined ? 'deliver a commit with `threeways deliver`' : 'say it with --stream',
  })
}

/** So many names are listed: more of them nobody reads. */
const namesListed = 20

export function streamUnknown(told: string, streams: readonly { stream: string }[]): ThreewaysError {
  const names = streams.map(({ stream }) => stream)
  const more = names.length > namesListed ? ` and ${names.length - namesListed} more` : ''
  return new ThreewaysError('notFound', 'STREAM_NOT_FOUND', {
    message: `there is no value stream "${told}"`,
    help: nearTo(told, names) ?? `there are: ${names.slice(0, namesListed).join(', ')}${more}`,
  })
}

/** Refuses what only a working server can do. @throws ThreewaysError `SERVER_NEEDED` */
export function needsServer(api: Api): void {
  if (api.url === undefined)
    throw unavailable('SERVER_NEEDED', { message: 'no server works on this folder', help: 'start one with `threeways up`' })
}
