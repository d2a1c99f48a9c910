import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach } from 'vitest'
// oxlint-disable-next-line no-restricted-imports -- only tests import this file, and they may
import { makeShadowDesk } from '../../../flow/dark/shadow/desk.ts'
import type { Shadowing } from '../../../flow/environment/shadow.port.ts'
import { openRoute, type Target } from './route.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

type Got = { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }

export async function service(id: string, listener?: RequestListener): Promise<Target & { readonly got: Got[]; stop(): Promise<void> }> {
  const got: Got[] = []
  const sockets = new Set<Socket>()
  const server = createServer(async (message, response) => {
    let body = ''
    for await (const chunk of message) body += String(chunk)
    got.push({ method: message.method!, url: message.url!, headers: message.headers, body })
    if (listener) return listener(message, response)
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ items: [1, 2], id }))
  })
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  open.push(stop)
  return { id, port: (server.address() as AddressInfo).port, got, stop }
}

export const shadowing = (parts: Partial<Shadowing> = {}): Shadowing => ({
  from: 'shop/production',
  share: 1,
  methods: ['GET', 'HEAD'],
  pass: [],
  compare: { headers: ['content-type'], body: 'compared', ignore: ['id'] },
  noise: 0,
  limits: { perSecond: 1_000, concurrent: 10, bodyBytes: 1_000, timeoutMs: 2_000 },
  ...parts,
})

/** Production, whose requests are copied to a candidate in test. */
export async function stage({
  how = shadowing(),
  production = [] as Target[],
  candidate = undefined as Target | undefined,
  random = (): number => 0.5,
} = {}) {
  const desk = makeShadowDesk()
  const test = await openRoute({ host: '127.0.0.1', name: 'web of shop/test', port: undefined })
  const direct = (target: Target | undefined) =>
    test.direct(target === undefined ? [] : [{ deployment: 'sha256:new', percent: 100, instances: [target] }], false)
  direct(candidate)
  const shadow = { service: 'web', environment: 'shop/test', shadowing: how, desk, receive: () => test.receive() } as const
  const route = await openRoute({ host: '127.0.0.1', name: 'web of shop/production', port: undefined, shadows: () => [shadow], random })
  route.direct([{ deployment: 'sha256:old', percent: 100, instances: production }], false)
  open.push(
    () => route.close(),
    () => test.close(),
  )
  let all: ReturnType<typeof desk.take>[number] | undefined
  return {
    url: `http://127.0.0.1:${route.port}`,
    port: route.port,
    route,
    test,
    direct,
    /** Waits until so many copies are accounted for, whatever became of them. */
    async told(count: number) {
      for (const deadline = Date.now() + 5_000; ; await sleep(5)) {
        const [taken] = desk.take()
        if (taken !== undefined) all = all === undefined ? taken : merged(all, taken)
        const { candidate, noise, dropped } = all?.rehearsals ?? { candidate: none, noise: none, dropped: {} }
        const counted = [candidate, noise].reduce((sum, { compared, failed }) => sum + compared + failed, 0)
        const left = Object.values(dropped as Record<string, number>).reduce((sum, one) => sum + one, 0)
        if (counted + left + (all?.oversized ?? 0) >= count) return all!
        if (Date.now() > deadline) throw new Error(`of ${count} copies ${counted} are known, ${left} were dropped`)
      }
    },
  }
}

const none = { compared: 0, different: 0, failed: 0 }
type Taken = ReturnType<ReturnType<typeof makeShadowDesk>['take']>[number]
const added = <T extends Readonly<Record<string, number>>>(one: T, other: T) =>
  Object.fromEntries(Object.entries(one).map(([name, value]) => [name, value + other[name]!])) as T
const merged = (one: Taken, other: Taken): Taken => ({
  ...other,
  oversized: one.oversized + other.oversized,
  failures: [...one.failures, ...other.failures],
  rehearsals: {
    ...other.rehearsals,
    candidate: added(one.rehearsals.candidate, other.rehearsals.candidate),
    noise: added(one.rehearsals.noise, other.rehearsals.noise),
    timeouts: one.rehearsals.timeouts + other.rehearsals.timeouts,
    dropped: added(one.rehearsals.dropped, other.rehearsals.dropped),
    differences: [...one.rehearsals.differences, ...other.rehearsals.differences],
  },
})
