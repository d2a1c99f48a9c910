/**
 * Whether moving all traffic from one deployment to another fails anything: 10,000 blue-green switches, each planned, applied
 * and durably on record as a deployment does it, under load of requests with and without bodies. Meanwhile WebSockets and event
 * streams are held open, each over a thousand switches, and asked again and again.
 *
 *     node bench/switches.ts [switches]
 */
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { allTo, type Desired, type EnvironmentId } from '../src/flow/environment/provider.port.ts'
import { openScene, type Scene } from './traffic/scene.ts'

const [switches = 10_000] = process.argv.slice(2).map(Number)
const id: EnvironmentId = 'bench/switching'
const scene = await openScene()
try {
  await measure(scene)
} finally {
  await scene.close()
}

async function measure({ provider, candidate }: Scene): Promise<void> {
  const both = [await candidate('blue'), await candidate('green')] as const
  const apply = async (traffic: Desired) =>
    provider.apply(await provider.plan({ environment: id, deployments: both, shares: allTo(traffic) }), () => {})
  const { urls } = await apply(both[0])
  const url = new URL(urls['web']!)
  const load = keepAsking(url, 4)
  const held = holdOpen(url, 4)
  const began = performance.now()
  const took: number[] = []
  for (let count = 1; count <= switches; count++) {
    const start = performance.now()
    await apply(both[count % 2]!)
    took.push(performance.now() - start)
    if (count % Math.max(1, Math.floor(switches / 10)) === 0) await held.renew()
  }
  const seconds = (performance.now() - began) / 1000
  const requests = await load.end()
  const open = await held.end()
  const sorted = took.toSorted((a, b) => a - b)
  const p = (q: number) => `${sorted[Math.floor(q * (sorted.length - 1))]!.toFixed(1)} ms`
  console.log(`${switches} blue-green switches in ${seconds.toFixed(0)} s, each on disk: p50 ${p(0.5)}, p99 ${p(0.99)}`)
  console.log(`${requests.answered} requests (${Math.round(requests.answered / seconds)}/s): ${requests.failed.length} failed; goal 0`)
  console.log(`${open.opened} WebSockets and event streams, ${open.said} messages: ${open.broken.length} broken off; goal 0`)
  for (const failure of new Set([...requests.failed, ...open.broken])) console.log(`  ${failure}`)
  if (requests.failed.length + open.broken.length > 0) process.exitCode = 1
}

function keepAsking(url: URL, clients: number) {
  const agent = new Agent({ keepAlive: true })
  const over = new AbortController()
  const failed: string[] = []
  let answered = 0
  const askOnce = (method: string) =>
    new Promise<void>((resolve) => {
      const end = (failure?: string) => {
        answered++
        if (failure !== undefined) failed.push(failure)
        resolve()
      }
      const asked = request(url, { agent, method }, (answer) => {
        answer.resume().on('end', () => end(answer.statusCode === 200 ? undefined : `${method} was answered ${answer.statusCode}`))
        answer.on('error', (error) => end(`${method} ${error.message}`))
      })
      asked.on('error', (error) => end(`${method} ${error.message}`)).end(method === 'POST' ? 'a body' : undefined)
    })
  const working = Array.from({ length: clients }, async (_, client) => {
    for (; !over.signal.aborted; await sleep(1)) await askOnce(client % 2 === 0 ? 'GET' : 'POST')
  })
  return {
    async end() {
      over.abort()
      await Promise.all(working)
      agent.destroy()
      return { answered, failed }
    },
  }
}

/** Half WebSockets, half event streams. */
function holdOpen(url: URL, count: number) {
  const broken: string[] = []
  let opened = 0
  let said = 0
  let closes: (() => void)[] = []

  async function stream(): Promise<() => void> {
    const over = new AbortController()
    const { body } = await fetch(new URL('/events', url), { signal: over.signal })
    void (async () => {
      try {
        for await (const _ of body!) said++
        throw new Error('ended')
      } catch (error) {
        if (!over.signal.aborted) broken.push(`event stream: ${(error as Error).message}`)
      }
    })()
    return () => over.abort()
  }

  async function socket(): Promise<() => void> {
    const one = new WebSocket(url.href.replace('http:', 'ws:'))
    let isOver = false
    await once(one, 'open')
    const timer = setInterval(() => one.send('hello'), 20)
    one.addEventListener('message', () => said++)
    one.addEventListener('close', ({ code }) => {
      clearInterval(timer)
      if (!isOver) broken.push(`WebSocket closed with ${code}`)
    })
    return () => {
      isOver = true
      one.close()
    }
  }

  async function renew(): Promise<void> {
    for (const close of closes) close()
    opened += count
    closes = await Promise.all(Array.from({ length: count }, (_, index) => (index % 2 === 0 ? stream() : socket())))
  }
  const first = renew()
  return {
    renew: async () => {
      await first
      await renew()
    },
    async end() {
      for (const close of closes) close()
      return { opened, said, broken }
    },
  }
}
