import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Batch } from '../sdk/src/client/batch.ts'
import { run } from '../src/kernel/process.ts'
import { chromiumPath, launch } from '../web/dev/browser.ts'

const root = path.resolve(import.meta.dirname, '..')
const chromium = chromiumPath()
const setOf = (on: number) => ({
  flags: {
    chat: {
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      targeting: {
        if: [
          { in: [{ var: ['country'] }, ['DE', 'US']] },
          {
            fractional: [
              ['on', on],
              ['off', 1],
            ],
          },
        ],
      },
      metadata: { 'tw.rev': on, 'tw.rules': 'home' },
    },
    feed: {
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      metadata: { 'tw.state': on > 0 ? 'off' : 'dark', 'tw.dark.load': 100, 'tw.dark.clients': 1 },
    },
  },
  metadata: { flagSetId: 'production' },
})

/** The SDK as it is published, and flags, under a policy that allows no script but files of this place. */
function serve(dist: string) {
  let on = 0
  let token = ''
  const listeners = new Set<ServerResponse>()
  const batches: Batch[] = []
  const word = (): string => `data: ${JSON.stringify({ etag: `"${on}"` })}\n\n`
  const answers: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
    '/': (_, response) =>
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>a shop</title><script type=module src=/shop.js></script>'),
    '/favicon.ico': (_, response) => response.writeHead(204).end(),
    '/shop.js': (_, response) =>
      response.setHeader('content-type', 'text/javascript').end("import * as sdk from '/sdk/index.js'; globalThis.sdk = sdk"),
    '/api/flag-sets/production': (request, response) => {
      token = request.headers.authorization ?? ''
      response.setHeader('etag', `"${on}"`).end(JSON.stringify(setOf(on)))
    },
    '/api/flag-sets/production/events': (_, response) => {
      response.setHeader('content-type', 'text/event-stream').write(word())
      listeners.add(response)
    },
    '/api/flag-sets/production/exposures': (request, response) => {
      const parts: Buffer[] = []
      request
        .on('data', (part: Buffer) => parts.push(part))
        .on('end', () => {
          batches.push(JSON.parse(Buffer.concat(parts).toString()) as Batch)
          response.writeHead(202).end()
        })
    },
  }
  const server = createServer((request, response) => {
    response.setHeader('content-security-policy', "default-src 'self'")
    const answer = answers[request.url!]
    if (answer !== undefined) return answer(request, response)
    readFile(path.join(dist, request.url!.replace(/^\/sdk\//, ''))).then(
      (file) => response.setHeader('content-type', 'text/javascript').end(file),
      () => response.writeHead(404).end(),
    )
  })
  return {
    server,
    batches,
    token: () => token,
    publish(next: number): void {
      on = next
      for (const listener of listeners) listener.write(word())
    },
  }
}

/** What the page keeps for the next thing that a test does there. */
type Shop = { flags: import('../sdk/src/client/client.ts').Client; load: import('../sdk/src/dark/load.ts').DarkLoad; changed: number }

describe('the SDK as it is published', () => {
  let dist: string
  beforeAll(async () => {
    dist = await mkdtemp(path.join(tmpdir(), 'threeways sdk '))
    const built = await run(path.join(root, 'node_modules/.bin/tsc'), ['-p', 'sdk/tsconfig.build.json', '--outDir', dist], {
      cwd: root,
      timeoutMs: 120_000,
    })
    expect(`${built.stdout}${built.stderr}`).toBe('')
  })
  afterAll(() => rm(dist, { recursive: true, force: true }))

  it('can be imported by Node as it is', async () => {
    const script = `
      const { createEvaluator } = await import(${JSON.stringify(pathToFileURL(path.join(dist, 'index.js')).href)})
      const { fileStore, workerCandidate } = await import(${JSON.stringify(pathToFileURL(path.join(dist, 'node/index.js')).href)})
      console.log(createEvaluator(${JSON.stringify(setOf(1))}).evaluate('chat', { targetingKey: 'a', country: 'DE' }).reason, typeof fileStore, typeof workerCandidate)`
    const ran = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: dist })
    expect(`${ran.stdout}${ran.stderr}`.trim()).toBe('TARGETING_MATCH function function')
  })

  describe.skipIf(chromium === undefined)(
    'in a browser, under a strict policy (skipped when there is no Chromium; set CHROMIUM_PATH)',
    () => {
      let browser: Browser
      let page: Page
      let server: Server
      let place: ReturnType<typeof serve>
      const faults: string[] = []
      beforeAll(async () => {
        place = serve(dist)
        server = place.server
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
        browser = await launch(chromium!)
        page = await browser.newPage()
        page.on('pageerror', (error) => faults.push(error.message))
        page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
        await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      })
      afterAll(async () => {
        await browser?.close()
        server?.closeAllConnections()
        server?.close()
      })

      it('plays a dark feature, hears of a change, and tells what was shown when the page is left', async () => {
        const before = await page.evaluate(async (origin) => {
          const { createClient, darkLoad } = (globalThis as unknown as { sdk: typeof import('../sdk/src/index.ts') }).sdk
          const flags = createClient({ url: new URL('/api/flag-sets/production', origin).href, token: 'secret' })
          await flags.ready()
          const load = darkLoad('feed', () => fetch('/'), { evaluate: flags.peek, onChange: flags.on })
          const shop = { flags, load, changed: 0 }
          flags.on((event) => void (event.type === 'changed' && shop.changed++))
          Object.assign(globalThis, { shop })
          return flags.evaluate('chat', { targetingKey: 'ann', country: 'DE' }, true).value
        }, page.url())
        expect(before).toBe(false)
        expect(place.token()).toBe('Bearer secret')
        await page.waitForFunction(() => (globalThis as unknown as { shop: Shop }).shop.load.counts().played > 2)

        place.publish(1_000_000)
        await page.waitForFunction(() => (globalThis as unknown as { shop: Shop }).shop.changed > 0)
        const after = await page.evaluate(async () => {
          const { flags, load } = (globalThis as unknown as { shop: Shop }).shop
          const played = load.counts().played
          const { value, rule } = flags.evaluate('chat', { targetingKey: 'ann', country: 'DE' }, false)
          flags.track('paid', { targetingKey: 'ann' }, 12.5)
          await new Promise((resolve) => setTimeout(resolve, 500))
          return { value, rule, playedOn: load.counts().played - played }
        })
        expect(after).toEqual({ value: true, rule: 'home', playedOn: 0 })

        expect(place.batches).toEqual([])
        await page.goto('about:blank')
        await expect.poll(() => place.batches.length).toBe(1)
        expect(place.batches[0]).toMatchObject({
          environment: 'production',
          exposures: [
            { flag: 'chat', revision: 0, variant: 'off' },
            { flag: 'chat', revision: 1_000_000, variant: 'on', rule: 'home' },
          ],
          metrics: [{ metric: 'paid', n: 1, sum: 12.5 }],
        })
        expect(faults).toEqual([])
      })
    },
  )
})
