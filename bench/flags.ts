/**
 * Flags over a real server in a process of its own: what publishing a thousand of them costs it, how soon a kill switch is heard, and how
 * often it answers over OFREP.
 *
 *     node bench/flags.ts [--flags 1000] [--listeners 1000] [--kills 20] [--seconds 5]
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { listen } from './flags/listeners.ts'
import { percentile } from './ledger/percentile.ts'

const { values } = parseArgs({
  options: {
    flags: { type: 'string', default: '1000' },
    listeners: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '5' },
  },
})
const [count, listeners, kills, seconds] = [values.flags, values.listeners, values.kills, values.seconds].map(Number) as [
  number,
  number,
  number,
  number,
]

const folder = await mkdtemp(path.join(tmpdir(), 'threeways-flags-'))
const port = await freePort()
const base = `http://127.0.0.1:${port}`
const bin = path.resolve(import.meta.dirname, '../bin/threeways.mjs')
// Tells on its standard error how long its event loop was held up the longest, whenever it gets a SIGUSR2.
const probe = `
import { monitorEventLoopDelay } from 'node:perf_hooks'
const delay = monitorEventLoopDelay({ resolution: 1 }); delay.enable()
process.on('SIGUSR2', () => { process.stderr.write('held up ' + (delay.max / 1e6).toFixed(1) + '\\n'); delay.reset() })
`
const server = spawn(
  process.execPath,
  ['--import', `data:text/javascript,${encodeURIComponent(probe)}`, bin, 'up', '--home', path.join(folder, 'home'), '--port', String(port)],
  {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  },
)
let narrated = ''
server.stderr.setEncoding('utf8').on('data', (text: string) => (narrated += text))
try {
  await untilUp()
  const token = (await readFile(path.join(folder, 'home', 'admin-token'), 'utf8')).trim()
  const ask = async (method: string, to: string, body: unknown) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const response = await fetch(`${base}${to}`, { method, body: JSON.stringify(body), headers })
    if (!response.ok) throw new Error(`${method} ${to}: ${response.status} ${await response.text()}`)
    return response.json()
  }
  const file = (index: number, share: number) => ({
    file: `flag-${index}.yaml`,
    document: `flag: flag-${index}\nowner: bench\npurpose: operations\nenvironments:\n  production:\n    state: ramp\n    rules: [{id: here, when: {country: [DE, US]}, serve: on}]\n    serve: {on: ${share}%}\n`,
  })
  const all = (share: number) => ({ files: Array.from({ length: count }, (_, index) => file(index, share)), reason: 'bench', over: true })
  await ask('PUT', '/api/flags', all(5))
  await heldUp()
  const began = performance.now()
  await ask('PUT', '/api/flags', all(6))
  const published = performance.now() - began
  console.log(
    `${count} flags published in ${published.toFixed(0)} ms, all or none; the server's event loop held up ${await heldUp()} ms at most`,
  )
  const one = performance.now()
  await ask('PUT', '/api/flags', { files: [file(7, 8)], reason: 'bench', over: true })
  console.log(`one of them in ${(performance.now() - one).toFixed(0)} ms; held up ${await heldUp()} ms`)

  const waits: number[] = []
  let thrown = 0
  const heard = await listen(new URL(`${base}/api/flag-sets/production/events`), listeners, (at) => waits.push(at - thrown))
  for (let kill = 0; kill < kills; kill++) {
    await sleep(100)
    thrown = performance.now()
    await ask('POST', `/api/flags/flag-7/${kill % 2 === 0 ? 'kill' : 'revive'}`, { reason: 'bench' })
    for (const deadline = Date.now() + 5_000; waits.length < (kill + 1) * listeners && Date.now() < deadline;) await sleep(5)
  }
  heard.close()
  console.log(
    `kill switch, ${listeners} listeners, ${kills} times: heard by ${waits.length} of ${kills * listeners}, p50 ${percentile(waits, 50).toFixed(0)} ms, p99 ${percentile(waits, 99).toFixed(0)} ms, worst ${Math.max(...waits).toFixed(0)} ms (goal p99 1,000 ms)`,
  )
  const single = await rate('/api/flag-sets/production/ofrep/v1/evaluate/flags/flag-9')
  console.log(`OFREP, one flag at a time: ${single.perSecond.toFixed(0)} evaluations/s, p99 ${single.p99.toFixed(1)} ms`)
  const bulk = await rate('/api/flag-sets/production/ofrep/v1/evaluate/flags')
  console.log(
    `OFREP, all ${count} at once: ${bulk.perSecond.toFixed(0)} answers/s (${(bulk.perSecond * count).toFixed(0)} evaluations/s), p99 ${bulk.p99.toFixed(1)} ms`,
  )
  if (percentile(waits, 99) > 1_000 || waits.length < kills * listeners) process.exitCode = 1
} finally {
  server.kill('SIGTERM')
  await new Promise((resolve) => server.once('exit', resolve))
  await rm(folder, { recursive: true, force: true })
}

/** As fast as 16 connections ask. */
async function rate(to: string): Promise<{ readonly perSecond: number; readonly p99: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const took: number[] = []
  const until = performance.now() + seconds * 1_000
  let unit = 0
  const once = () =>
    new Promise<void>((resolve, reject) => {
      const from = performance.now()
      const body = JSON.stringify({ context: { targetingKey: `unit-${unit++}`, country: 'FR' } })
      const asked = request(
        `${base}${to}`,
        { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } },
        (response) => {
          response.resume().on('end', () => {
            took.push(performance.now() - from)
            if (response.statusCode === 200) resolve()
            else reject(new Error(`${to}: ${response.statusCode}`))
          })
        },
      )
      asked.on('error', reject)
      asked.end(body)
    })
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (performance.now() < until) await once()
    }),
  )
  agent.destroy()
  return { perSecond: took.length / seconds, p99: percentile(took, 99) }
}

/** The longest that the server's event loop was held up since it was last asked, ms. */
async function heldUp(): Promise<string> {
  await sleep(200)
  narrated = ''
  server.kill('SIGUSR2')
  for (;;) {
    const found = /held up ([\d.]+)/.exec(narrated)
    if (found) return found[1]!
    await sleep(10)
  }
}

async function untilUp(): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if ((await fetch(`${base}/api/flags`).catch(() => undefined))?.ok) return
    await sleep(100)
  }
  throw new Error(`the server does not come up: ${narrated}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
