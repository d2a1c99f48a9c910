import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '../../kernel/errors.ts'
import { forward, forwardUpgrade, refuseUpgrade, type Failure, type Upstream } from './forward.ts'
import { keepPort, takePort } from './ports.ts'

/** One instance as the router sees it. */
export type Target = { readonly id: string; readonly port: number }

/** The stable public address of one service of one environment. */
export type Route = {
  readonly port: number
  /** New requests go there from now on; those under way stay where they are. `undefined`: 503. */
  switchTo(target: Target | undefined): void
  /** Waits until nothing is under way at this instance, at most `ms`; what is left then is cut off. @returns how many were */
  drain(id: string, ms: number): Promise<number>
  close(): Promise<void>
}

export type RouteOptions = {
  readonly host: string
  /** For people: `web of parts-unlimited/production`. */
  readonly name: string
  /** Where its users know it; another is taken when that one is in use. */
  readonly port: number | undefined
}

export async function openRoute(options: RouteOptions): Promise<Route> {
  const traffic = new Traffic(options)
  const server = createServer(
    { headersTimeout: 60_000, requestTimeout: 0, keepAliveTimeout: 65_000, shouldUpgradeCallback: isWebSocket },
    // What cannot be passed on at all must not end the server, and every environment with it.
    (request, response) => void traffic.handle(request, response).catch(() => response.destroy()),
  )
  server.on('upgrade', (request, socket, head) => traffic.upgrade(request, socket, head))
  const port = await listen(server, options)
  return {
    port,
    switchTo: (target) => traffic.switchTo(target),
    drain: (id, ms) => traffic.drain(id, ms),
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
  if (options.port !== undefined) keepPort(options.port)
  for (let port = options.port ?? (await takePort(options.host)); ; port = await takePort(options.host)) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, options.host, () => {
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
  #target: Target | undefined
  readonly #underWay = new Map<string, Set<UnderWay>>()
  readonly #agents = new Map<string, Agent>()

  constructor(options: RouteOptions) {
    this.options = options
  }

  switchTo(target: Target | undefined): void {
    this.#target = target
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (let tries = 1; ; tries++) {
      const target = this.#target
      if (!target) return refuse(request, response, this.#nothingServes())
      const leave = this.#enter(target.id, () => response.destroy())
      response.once('close', leave)
      const result = await forward(request, response, this.#upstream(target))
      if (result.answered) return
      response.off('close', leave)
      leave()
      if (!result.repeatable || tries === 2) return refuse(request, response, result.failure)
    }
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {}) // Its close tells.
    const target = this.#target
    if (!target) return refuseUpgrade(socket, this.#nothingServes())
    socket.once(
      'close',
      this.#enter(target.id, () => socket.destroy()),
    )
    forwardUpgrade(request, socket, head, this.#upstream(target))
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
      if (set.size === 0 && this.#underWay.get(id) === set) this.#underWay.delete(id)
    }
  }

  #upstream(target: Target): Upstream {
    const agent = this.#agents.get(target.id) ?? new Agent({ keepAlive: true, maxFreeSockets: 64 })
    this.#agents.set(target.id, agent)
    return { host: this.options.host, port: target.port, agent }
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
