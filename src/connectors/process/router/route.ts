import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '../../../kernel/errors.ts'
import type { Measured } from '../../../flow/environment/provider.port.ts'
import { makeBalance, type Backend, type Chosen, type Target } from './balance.ts'
import { forward, forwardUpgrade, refuseUpgrade, type Failure, type Passage, type Upstream } from './forward.ts'
import { makeMeter, type Meter } from './measuring.ts'
import { keepPort, takePort } from '../ports.ts'
import { candidateOf } from '../state.ts'
import { makeShadowing, type Receiver, type Shadow } from './shadow.ts'
import { stickyCookie } from './sticky.ts'

export type { Backend, Target } from './balance.ts'

/** The stable public address of one service of one environment. */
export type Route = {
  readonly port: number
  /**
   * New requests are divided so from now on; those under way stay where they are. Nobody: 503.
   * @param sticky - clients stay with the deployment they met first, for as long as it has a share
   */
  direct(backends: readonly Backend[], sticky: boolean): void
  /** What each deployment did since measuring began, or began `anew`. */
  measure(anew: boolean): ReadonlyMap<string, Measured>
  /** Waits until nothing is under way at this instance, at most `ms`; what is left then is cut off. @returns how many were */
  drain(id: string, ms: number): Promise<number>
  /** Where a copy of a request to another route goes: to whoever serves, by shares. It counts as no request. */
  receive(): Receiver | undefined
  /** Since the last request ended, or it was opened; undefined: something is under way. */
  idleMs(): number | undefined
  close(): Promise<void>
}

export type RouteOptions = {
  /** Where instances listen. */
  readonly host: string
  /** Where it listens itself. @defaultValue `host` */
  readonly publicHost?: string
  /** For people: `web of parts-unlimited/production`. */
  readonly name: string
  /** Where its users know it; another is taken when that one is in use. */
  readonly port: number | undefined
  /** Asked before each request: whoever sleeps is woken. @returns why the request cannot be answered; undefined: it can */
  readonly awaken?: () => Promise<string | undefined>
  /** Requests must wait for `awaken`. */
  readonly isAsleep?: () => boolean
  /** Who gets copies of its requests. @defaultValue nobody */
  readonly shadows?: () => readonly Shadow[]
  /** From 0 to 1. @defaultValue Math.random */
  readonly random?: () => number
}

export async function openRoute(options: RouteOptions): Promise<Route> {
  const traffic = new Traffic(options)
  const server = createServer(
    { headersTimeout: 60_000, requestTimeout: 0, keepAliveTimeout: 65_000, shouldUpgradeCallback: isWebSocket },
    // What cannot be passed on at all must not end the server, and every environment with it.
    (request, response) => void traffic.handle(request, response).catch(() => response.destroy()),
  )
  server.on('upgrade', (request, socket, head) => void traffic.upgrade(request, socket, head).catch(() => socket.destroy()))
  const port = await listen(server, options)
  return {
    port,
    direct: (backends, sticky) => traffic.direct(backends, sticky),
    measure: (anew) => traffic.measure(anew),
    drain: (id, ms) => traffic.drain(id, ms),
    receive: () => traffic.receive(),
    idleMs: () => traffic.idleMs(),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      traffic.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Anything else that asks for an upgrade (curl's h2c) may be answered as if it had not. */
function isWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket'
}

async function listen(server: Server, options: RouteOptions): Promise<number> {
  const { publicHost = options.host } = options
  if (options.port !== undefined) keepPort(options.port)
  for (let port = options.port ?? (await takePort(publicHost)); ; port = await takePort(publicHost)) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, publicHost, () => {
          server.off('error', reject)
          resolve()
        })
      })
      return port
    } catch (error) {
      if (!hasCode(error, 'EADDRINUSE') && !hasCode(error, 'EACCES')) throw error
    }
  }
}

type UnderWay = { readonly cut: () => void }

/** What is under way, and where new requests go. */
class Traffic {
  readonly options: RouteOptions
  #backends: readonly Backend[] = []
  readonly #balance = makeBalance()
  /** Copies have turns of their own: they take nothing from the shares of requests. */
  readonly #copies = makeBalance()
  readonly #shadowing: ReturnType<typeof makeShadowing>
  readonly #meters = new Map<string, Meter>()
  readonly #cookie: ReturnType<typeof stickyCookie>
  #sticky = false
  #lastEnd = performance.now()
  #held = 0
  readonly #underWay = new Map<string, Set<UnderWay>>()
  readonly #agents = new Map<string, Agent>()

  constructor(options: RouteOptions) {
    this.options = options
    this.#cookie = stickyCookie(options.name)
    this.#shadowing = makeShadowing(options.random)
  }

  direct(backends: readonly Backend[], sticky: boolean): void {
    this.#backends = backends
    this.#sticky = sticky
    this.#balance.set(backends)
    this.#copies.set(backends)
  }

  receive(): Receiver | undefined {
    const chosen = this.#copies.next()
    if (chosen === undefined) return undefined
    const { deployment, target } = chosen
    return {
      candidate: candidateOf(deployment),
      upstream: this.#upstream(target),
      isThere: () => this.#copies.at(deployment, target.id)?.target.id === target.id,
    }
  }

  /** Hears a request that is copied to others. */
  #tap(request: IncomingMessage, chosen: Chosen) {
    const shadows = this.options.shadows?.() ?? []
    if (shadows.length === 0) return undefined
    const answering = candidateOf(chosen.deployment)
    const second = () => {
      const isSame = (deployment: string) => candidateOf(deployment) === answering
      const target = this.#balance.beside(chosen, isSame)
      return target && this.#upstream(target)
    }
    try {
      return this.#shadowing.tap(request, shadows, answering, second)
    } catch {
      // Whatever is wrong with a copy, the request itself goes on.
      return undefined
    }
  }

  measure(anew: boolean): ReadonlyMap<string, Measured> {
    const measured = new Map([...this.#meters].map(([deployment, meter]) => [deployment, meter.read(anew)]))
    const deployed = new Set(this.#backends.map(({ deployment }) => deployment))
    if (anew) for (const deployment of this.#meters.keys()) if (!deployed.has(deployment)) this.#meters.delete(deployment)
    return measured
  }

  idleMs(): number | undefined {
    return this.#underWay.size + this.#held > 0 ? undefined : performance.now() - this.#lastEnd
  }

  /** @returns why it has to be refused */
  async #awake(): Promise<Failure | undefined> {
    if (!this.options.isAsleep?.()) return undefined
    this.#held++
    try {
      const message = await this.options.awaken!()
      return message === undefined ? undefined : { status: 503, message }
    } finally {
      this.#held--
      this.#lastEnd = performance.now()
    }
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asleep = await this.#awake()
    if (asleep) return refuse(request, response, asleep)
    let failed: Chosen | undefined
    for (let tries = 1; ; tries++) {
      const { chosen, passage } = this.#choose(request, failed)
      if (!chosen) return refuse(request, response, this.#nothingServes())
      const leave = this.#enter(chosen.target.id, () => response.destroy())
      response.once('close', leave)
      const tap = this.#tap(request, chosen)
      if (tap) response.once('close', tap.over)
      const result = await forward(request, response, { ...passage, tap })
      if (result.answered) return
      tap?.over()
      failed = chosen
      passage.passing.failed()
      response.off('close', leave)
      leave()
      if (!result.repeatable || tries === 2) return refuse(request, response, result.failure)
    }
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => {}) // Its close tells.
    const asleep = await this.#awake()
    if (asleep) return refuseUpgrade(socket, asleep)
    if (socket.destroyed) return
    const { chosen, passage } = this.#choose(request, undefined)
    if (!chosen) return refuseUpgrade(socket, this.#nothingServes())
    const leave = this.#enter(chosen.target.id, () => socket.destroy())
    socket.once('close', leave)
    forwardUpgrade(request, socket, head, passage)
  }

  /** @param failed - where this request could not be answered */
  #choose(
    request: IncomingMessage,
    failed: Chosen | undefined,
  ): { chosen: undefined; passage?: never } | { chosen: Chosen; passage: Passage } {
    const pin = this.#sticky ? this.#cookie.read(request, this.#backends) : undefined
    const kept = pin && !failed ? this.#balance.at(pin.deployment, pin.instance) : undefined
    const chosen = kept ?? (failed ? this.#balance.instead(failed) : this.#balance.next())
    if (!chosen) return { chosen: undefined }
    const isPinned = pin?.deployment === chosen.deployment && pin.instance === chosen.target.id
    const own = this.#sticky && !isPinned ? this.#cookie.write(request, chosen) : []
    const meter = this.#meters.get(chosen.deployment) ?? makeMeter()
    this.#meters.set(chosen.deployment, meter)
    return { chosen, passage: { upstream: this.#upstream(chosen.target), own, passing: meter.begin() } }
  }

  async drain(id: string, ms: number): Promise<number> {
    for (const deadline = Date.now() + ms; this.#underWay.has(id) && Date.now() < deadline;) await sleep(5)
    const left = this.#underWay.get(id) ?? new Set()
    const count = left.size
    for (const { cut } of left) cut()
    this.#agents.get(id)?.destroy()
    this.#agents.delete(id)
    return count
  }

  close(): void {
    for (const set of this.#underWay.values()) for (const { cut } of set) cut()
    for (const agent of this.#agents.values()) agent.destroy()
  }

  #enter(id: string, cut: () => void): () => void {
    const underWay = { cut }
    const set = this.#underWay.get(id) ?? new Set()
    this.#underWay.set(id, set.add(underWay))
    return () => {
      set.delete(underWay)
      this.#lastEnd = performance.now()
      if (set.size === 0 && this.#underWay.get(id) === set) this.#underWay.delete(id)
    }
  }

  #upstream(target: Target): Upstream {
    const agent = this.#agents.get(target.id) ?? new Agent({ keepAlive: true, maxFreeSockets: 64 })
    this.#agents.set(target.id, agent)
    const { port, socket } = target
    return { ...(socket === undefined ? { host: this.options.host, port } : { socketPath: socket }), agent }
  }

  #nothingServes(): Failure {
    return { status: 503, message: `nothing serves ${this.options.name} at the moment` }
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, failure: Failure): void {
  if (response.destroyed) return
  const wantsText = (request.headers.accept ?? '').includes('text/html')
  const body = wantsText ? `${failure.message}\n` : `${JSON.stringify({ title: failure.message, status: failure.status })}\n`
  const type = wantsText ? 'text/plain; charset=utf-8' : 'application/problem+json'
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store', connection: 'close' }
  response.writeHead(failure.status, failure.status === 503 ? { ...headers, 'retry-after': '1' } : headers).end(body)
  request.resume()
}
