import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { buildPage } from '../src/server/page.ts'
import { startServer, type Server } from '../src/server/serve.ts'
import { chromiumPath, launch } from '../web/dev/browser.ts'

/** Undefined: there is none, and tests of pages are skipped. */
export const chromium = chromiumPath()

/** What is hard to read or to reach on the page; it runs there, and is checked with what a browser has. */
export const { unfit } = (await import(path.join(import.meta.dirname, '../web/test/unfit.ts'))) as { unfit: () => string[] }

export type PageServer = { readonly server: Server; readonly browser: Browser; close(): Promise<void> }

/** A page of its own for one test, which keeps what it complains about. */
export async function openPage({ server, browser }: PageServer) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  const faults: string[] = []
  page.setDefaultTimeout(10_000)
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', (error) => faults.push(error.message))
  return {
    page,
    faults,
    /** @param where - a path of the server */
    async open(where: string): Promise<void> {
      await page.goto(`${server.url}${where}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
    },
    close: () => context.close(),
  }
}

/** A real server with the page of now and a ledger of its own, and a browser to look at it. */
export async function openPageServer(): Promise<PageServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'threeways page '))
  await buildPage()
  const home = path.join(folder, 'home')
  const server = await startServer({
    home,
    host: '127.0.0.1',
    port: 0,
    anyPort: true,
    databaseUrl: undefined,
    repository: undefined,
    log: () => {},
  })
  const browser = await launch(chromium!)
  return {
    server,
    browser,
    async close() {
      await browser.close()
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
