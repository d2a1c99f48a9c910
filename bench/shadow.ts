/**
 * What whoever asks notices of requests that are copied to another environment: requests through the router to a service of about a
 * millisecond, in turns without copies and with a copy of each, to a candidate that is as fast, slow, hangs, breaks off or sends without an
 * end; and, to know what differs anyway, to nobody. Services and clients are processes of their own; the router does in this one what it does in the server. And whether all got what the
 * service answered.
 *
 *     node bench/shadow.ts [requests of each kind] [clients at the same time]
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, get, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { openRoute, type Target } from '../src/connectors/process/router/route.ts'
import { makeShadowDesk } from '../src/flow/dark/shadow/desk.ts'
import type { Shadowing } from '../src/flow/environment/shadow.port.ts'
import { percentile } from './ledger/percentile.ts'

const goalMs = 0.2
const turn = 500
/** What p99 differs when nobody gets copies: the machine's own doing. */
let noiseMs = 0

const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  same: (response) => void setTimeout(() => json(response), 1),
  slow: (response) => void setTimeout(() => json(response), 50),
  hangs: () => {},
  breaks: (response) => void response.destroy(),
  endless: (response) => {
    const timer = setInterval(() => response.write('x'.repeat(10_000)), 1)
    response.on('close', () => clearInterval(timer))
  },
}
const answer = JSON.stringify({ parts: Array.from({ length: 40 }, (_, id) => ({ id, name: `part ${id}`, price: id * 10 })) })
const json = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'application/json' }).end(answer)

if (process.argv[2] === 'service') await serve(process.argv[3]!)
else if (process.argv[2] === 'clients') ask(Number(process.argv[3]), Number(process.argv[4]))
else process.exit(await measure(Number(process.argv[2] ?? 5_000), Number(process.argv[3] ?? 1)))

async function serve(how: string): Promise<void> {
  const server = createServer((request, response) => {
    request.resume()
    answers[how]!(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send!((server.address() as AddressInfo).port)
}

/** Asks so often as it is told, so many at the same time, and tells how long each took and how many answers were wrong. */
function ask(port: number, clients: number): void {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const one = () =>
    new Promise<{ readonly ms: number; readonly right: boolean }>((resolve) => {
      const began = performance.now()
      const wrong = () => resolve({ ms: performance.now() - began, right: false })
      get({ host: '127.0.0.1', port, path: '/parts', agent }, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
        response.on('error', wrong).on('end', () => resolve({ ms: performance.now() - began, right: body === answer }))
      }).on('error', wrong)
    })
  process.on('message', async (count: number) => {
    const told: number[] = []
    let wrong = 0
    const work = async () => {
      while (told.length < count) {
        const { ms, right } = await one()
        told.push(ms)
        if (!right) wrong++
      }
    }
    await Promise.all(Array.from({ length: clients }, work))
    process.send!({ told, wrong })
  })
}

async function child(...argv: readonly string[]): Promise<ChildProcess> {
  return fork(import.meta.filename, argv, { serialization: 'advanced' })
}

async function service(how: string): Promise<Target & { end(): void }> {
  const process = await child('service', how)
  const [port] = (await once(process, 'message')) as [number]
  return { id: how, port, end: () => process.kill('SIGKILL') }
}

async function measure(requests: number, clients: number): Promise<number> {
  console.log(
    `ms added to requests to a service of about 1 ms, ${clients} at the same time; ${requests} without copies and ${requests} with`,
  )
  const production = await service('same')
  let failed = 0
  try {
    for (const [how, name] of Object.entries({
      nobody: 'nobody gets copies',
      same: 'as fast',
      slow: 'slow: 50 ms',
      hangs: 'hangs',
      breaks: 'breaks off',
      endless: 'sends without an end',
    }))
      failed += await kind(name, production, how, requests, clients)
  } finally {
    production.end()
  }
  return failed > 0 ? 1 : 0
}

async function kind(name: string, production: Target, how: string, requests: number, clients: number): Promise<number> {
  const desk = makeShadowDesk()
  const candidate = await service(how === 'nobody' ? 'same' : how)
  const shadowing: Shadowing = {
    from: 'shop/production',
    share: 1,
    methods: ['GET'],
    pass: [],
    compare: { headers: ['content-type'], body: 'compared', ignore: [] },
    noise: 0,
    limits: { perSecond: 20, concurrent: 5, bodyBytes: 65_536, timeoutMs: 5_000 },
  }
  const test = await openRoute({ host: '127.0.0.1', name: 'web of shop/test', port: undefined })
  test.direct([{ deployment: 'sha256:new', percent: 100, instances: [candidate] }], false)
  const shadow = { service: 'web', environment: 'shop/test', shadowing, desk, receive: () => test.receive() } as const
  let copied = false
  const shadows = () => (copied && how !== 'nobody' ? [shadow] : [])
  const route = await openRoute({ host: '127.0.0.1', name: 'web of shop/production', port: undefined, shadows })
  route.direct([{ deployment: 'sha256:old', percent: 100, instances: [production] }], false)
  const asking = await child('clients', String(route.port), String(clients))
  const taken = { without: [] as number[][], with: [] as number[][], wrong: 0 }
  const ask = async (count: number) => {
    asking.send(count)
    const [{ told, wrong }] = (await once(asking, 'message')) as [{ told: number[]; wrong: number }]
    taken.wrong += wrong
    return told
  }
  await ask(2 * turn)
  while (taken.with.length * turn < requests) {
    copied = false
    taken.without.push(await ask(turn))
    copied = true
    taken.with.push(await ask(turn))
    // What is still under way belongs to neither.
    copied = false
    await sleep(20)
  }
  // Of each turn beside the one before it, and the middle of these: whatever else the machine does comes in bursts.
  const added = (at: number) =>
    percentile(
      taken.with.map((one, index) => percentile(one, at) - percentile(taken.without[index]!, at)),
      50,
    )
  const alone = (at: number) =>
    percentile(
      taken.without.map((one) => percentile(one, at)),
      50,
    )
  const all = desk.take().map(({ rehearsals }) => rehearsals)
  const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0)
  const dropped = sum((one) => Object.values(one.dropped).reduce((total, count) => total + count, 0))
  console.log(
    `  ${name.padEnd(22)} added p50 ${added(50).toFixed(3)}, p99 ${added(99).toFixed(3)} (goal: p99 ${goalMs}); without p50 ${alone(50).toFixed(2)}, p99 ${alone(99).toFixed(2)}`,
  )
  console.log(
    `  ${''.padEnd(22)} ${sum((one) => one.candidate.compared)} compared, ${sum((one) => one.candidate.failed)} failed, ${dropped} left out; ${taken.wrong} got something else`,
  )
  asking.kill('SIGKILL')
  await Promise.all([route.close(), test.close()])
  candidate.end()
  if (how === 'nobody') noiseMs = Math.abs(added(99))
  return taken.wrong > 0 || added(99) > goalMs + noiseMs ? 1 : 0
}
