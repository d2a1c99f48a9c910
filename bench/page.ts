/**
 * The page over a real server with many services, in a real browser: first paint, when it can be used, frames while it scrolls,
 * how soon a change is seen, memory, bytes on the wire.
 *
 *     node bench/page.ts [services] [runs of each]
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { eventOf } from '../src/flow/history/record.ts'
import type { Instant } from '../src/kernel/clock.ts'
import { buildPage } from '../src/server/page.ts'
import { startServer, type Server } from '../src/server/serve.ts'
import { chromiumPath, launch } from '../web/dev/browser.ts'
import { percentile } from './ledger/percentile.ts'
import { exampleDefinition, fillStream } from './streams/fill.ts'

const [services = 500, runs = 12] = process.argv.slice(2).map(Number)
const loads = 7
const framesWanted = 300
const budgetBytes = 120 * 1024
const flowBytes = 30 * 1024
const releaseBytes = 15 * 1024
const experimentBytes = 8 * 1024
const size = { width: 1440, height: 900 }

/** Runs in the page: from top to bottom and back, several rows each frame, faster than a finger. @returns what each frame took, ms */
const scrolling = `(async () => {
  const frames = []
  const end = document.documentElement.scrollHeight - innerHeight
  const step = (2 * end) / ${framesWanted}
  let last = await new Promise(requestAnimationFrame)
  for (let at = 0; at < end * 2; at += step) {
    scrollTo(0, at < end ? at : 2 * end - at)
    const now = await new Promise(requestAnimationFrame)
    frames.push(now - last)
    last = now
  }
  return frames
})()`

const chromium = chromiumPath()
if (chromium === undefined) {
  console.log('no Chromium here (set CHROMIUM_PATH): nothing is measured')
  process.exit(0)
}
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
process.env['XDG_DATA_HOME'] = path.join(folder, 'data')
await buildPage()
const server = await startServer({
  home: path.join(folder, 'home'),
  host: '127.0.0.1',
  port: 0,
  anyPort: true,
  databaseUrl: undefined,
  repository: undefined,
  log: () => {},
})
const browser = await launch(chromium)
try {
  const definition = await exampleDefinition()
  for (let n = 0; n < services; n++)
    await fillStream(server.threeways, { stream: `service-${String(n).padStart(3, '0')}`, runs, definition, deployed: true })
  for (let n = 0; n < services; n += 25) await stop(server, `service-${String(n).padStart(3, '0')}`)
  await measureApi(server)
  await measureLoads(browser, server.url)
  await measureUse(browser, server)
  await measureFlow(browser, server)
  await measureBytes()
} finally {
  await browser.close()
  await server.close()
  await rm(folder, { recursive: true, force: true })
}

function ask({ threeways }: Server, method: string, to: string, body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${threeways.adminToken}`, 'content-type': 'application/json' }
  return Promise.resolve(threeways.app.request(to, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }))
}

async function stop(on: Server, stream: string): Promise<void> {
  const { status } = await ask(on, 'POST', `/api/streams/${stream}/stop`, { reason: 'prices are wrong' })
  if (status !== 200) throw new Error(`the line of ${stream} was not stopped: ${status}`)
}

async function measureApi(on: Server): Promise<void> {
  const times: number[] = []
  let bytes = 0
  for (let n = 0; n < 15; n++) {
    const began = performance.now()
    bytes = (await (await ask(on, 'GET', '/api/estate')).text()).length
    times.push(performance.now() - began)
  }
  say('the estate, asked once', times, 'ms', `${(bytes / 1e6).toFixed(2)} MB`)
}

/** Each in a profile of its own: nothing is in the cache. */
async function measureLoads(on: Browser, url: string): Promise<void> {
  const [paints, usable, work]: [number[], number[], number[]] = [[], [], []]
  for (let n = 0; n < loads; n++) {
    const context = await on.newContext({ viewport: size })
    const page = await context.newPage()
    const devtools = await watched(context, page)
    await page.goto(url)
    await page.locator('.estate-link').first().waitFor()
    usable.push(await page.evaluate(() => performance.now()))
    paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN))
    work.push(((await metricsOf(devtools))['TaskDuration'] ?? 0) * 1000)
    await context.close()
  }
  say('first paint', paints, 'ms', 'goal p50 ≤ 500')
  say('first services there and usable', usable, 'ms', 'goal p50 ≤ 1000')
  say('processor time of the page until then', work, 'ms', 'whatever else the machine does')
}

async function measureUse(on: Browser, server: Server): Promise<void> {
  const context = await on.newContext({ viewport: size })
  const page = await context.newPage()
  const devtools = await watched(context, page)
  await page.goto(server.url)
  await page.locator('.estate-link').first().waitFor()
  await scroll(page, devtools)
  await changes(page, server)
  await devtools.send('HeapProfiler.collectGarbage')
  const { JSHeapUsedSize = 0, Nodes = 0 } = await metricsOf(devtools)
  const rows = await page.locator('.estate-row').count()
  console.log(`memory: ${(JSHeapUsedSize / 1e6).toFixed(1)} MB of JavaScript, ${Nodes} nodes; ${rows} of ${services} rows in the document`)
  await context.close()
}

async function scroll(page: Page, devtools: CDPSession): Promise<void> {
  const before = await metricsOf(devtools)
  const frames = await page.evaluate<number[]>(scrolling)
  const after = await metricsOf(devtools)
  const per = (name: 'ScriptDuration' | 'LayoutDuration' | 'RecalcStyleDuration') =>
    (((after[name] ?? 0) - (before[name] ?? 0)) / frames.length) * 1000
  say('frames while scrolling', frames, 'ms', `${frames.filter((ms) => ms > 25).length} of ${frames.length} late; goal p50 ≤ 16.7`)
  const [script, layout, style] = [per('ScriptDuration'), per('LayoutDuration'), per('RecalcStyleDuration')]
  console.log(
    `work in each of them: script ${script.toFixed(2)} ms, layout ${layout.toFixed(2)} ms, style ${style.toFixed(2)} ms; a frame at 60 fps has 16.7`,
  )
}

/** Durations in processor time of the page's thread: a machine that is busy with other things does not count. */
async function watched(context: BrowserContext, page: Page): Promise<CDPSession> {
  const devtools = await context.newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  return devtools
}

async function metricsOf(devtools: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await devtools.send('Performance.getMetrics')
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
}

/** From an acknowledged stop to its words on the page. */
async function changes(page: Page, on: Server): Promise<void> {
  await page.evaluate('scrollTo(0, 0)')
  const times: number[] = []
  for (let n = 0; n < 8; n++) {
    const stopped = page.getByRole('button', { name: /^stopped/ })
    const count = Number(/\d+/.exec((await stopped.textContent()) ?? '')?.[0] ?? 0)
    const began = performance.now()
    await stop(on, `service-${String(n * 3 + 1).padStart(3, '0')}`)
    // The page's own policy forbids what `waitForFunction` does with a text.
    const isSeen = `document.querySelector('.pills')?.textContent?.includes('stopped${count + 1}') === true`
    while (!(await page.evaluate<boolean>(isSeen))) await sleep(10)
    times.push(performance.now() - began)
  }
  say('a stop seen by another', times, 'ms', 'goal p50 ≤ 1000')
}

/** How changes flow, of as many streams, each with a version a day that goes through two environments. */
async function measureFlow(on: Browser, server: Server): Promise<void> {
  const days = 60
  for (let n = 0; n < services; n += 10) {
    const told = Array.from({ length: Math.min(10, services - n) }, (_, at) =>
      deploymentsOf(`flow-${String(n + at).padStart(3, '0')}`, days),
    ).flat()
    const headers = { authorization: `Bearer ${server.threeways.adminToken}`, 'content-type': 'application/cloudevents-batch+json' }
    const { status } = await server.threeways.app.request('/api/events', { method: 'POST', headers, body: JSON.stringify(told) })
    if (status >= 300) throw new Error(`the deployments were not recorded: ${status}`)
  }
  const asked: number[] = []
  for (let n = 0; n < 10; n++) {
    const began = performance.now()
    await (await ask(server, 'GET', '/api/flow?days=90')).text()
    asked.push(performance.now() - began)
  }
  say(`the flow of as many, ${days * 2} deployments each`, asked, 'ms', 'goal p50 ≤ 300')
  const context = await on.newContext({ viewport: size })
  const page = await context.newPage()
  const devtools = await watched(context, page)
  await page.goto(`${server.url}/flow`)
  await page.locator('.flow-row').first().waitFor()
  await scroll(page, devtools)
  const began = performance.now()
  await page.getByRole('button', { name: 'Service' }).click()
  await page.locator('.flow-row', { hasText: 'flow-000' }).first().waitFor()
  console.log(`sorted by another column after ${(performance.now() - began).toFixed(0)} ms`)
  await context.close()
}

function deploymentsOf(stream: string, days: number) {
  const first = Date.now() - days * 86_400_000
  return Array.from({ length: days }, (_, day) =>
    ['test', 'production'].map((environment, at) => {
      const time = new Date(first + day * 86_400_000 + at * 3_600_000).toISOString() as Instant
      const told = { kind: 'deployment' as const, id: `${stream} ${environment} ${day}`, at: time, stream, environment, version: `v${day}` }
      return eventOf(told, '/imports/bench')
    }),
  ).flat()
}

async function measureBytes(): Promise<void> {
  const dist = path.resolve(import.meta.dirname, '../web/dist')
  const entries = await readdir(dist, { recursive: true, withFileTypes: true })
  const compressed = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.br'))
  const sizeOf = async (some: typeof compressed) => {
    const files = await Promise.all(some.map((entry) => readFile(path.join(entry.parentPath, entry.name))))
    return files.reduce((sum, content) => sum + content.byteLength, 0)
  }
  const parts = [
    ['flow', flowBytes],
    ['release', releaseBytes],
    ['experiment', experimentBytes],
  ] as const
  const isPart = ({ name }: { readonly name: string }) => parts.some(([part]) => name.startsWith(`${part}-`))
  const bytes = await sizeOf(compressed.filter((entry) => !isPart(entry)))
  console.log(`what everybody gets of the page, compressed: ${(bytes / 1024).toFixed(1)} KB; goal ≤ ${budgetBytes / 1024}`)
  if (bytes > budgetBytes) process.exitCode = 1
  for (const [part, budget] of parts) {
    const more = await sizeOf(compressed.filter(({ name }) => name.startsWith(`${part}-`)))
    console.log(`and of ${part}: ${(more / 1024).toFixed(1)} KB; goal ≤ ${budget / 1024}`)
  }
}

function say(what: string, times: readonly number[], unit: string, more: string): void {
  const figures = [50, 99].map((rank) => `p${rank} ${percentile(times, rank).toFixed(1)} ${unit}`).join(', ')
  console.log(`${services} services, ${what}: ${figures}; ${more}`)
}
