import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { buildPage } from '../src/server/page.ts'
import { startServer, type Server } from '../src/server/serve.ts'
import { anew, chromiumPath, launch } from '../web/dev/browser.ts'

/** Undefined: there is none, and tests of pages are skipped. */
export const chromium = chromiumPath()

/** What is hard to read or to reach on the page; it runs there, and is checked with what a browser has. */
export const { unfit } = (await import(path.join(import.meta.dirname, '../web/test/unfit.ts'))) as { unfit: () => string[] }

export type PageServer = { readonly server: Server; readonly browser: Browser; readonly page: Page; close(): Promise<void> }

/** The page for one test, as of one who was never there; what it complains about is kept. */
export async function openPage({ server, page }: PageServer) {
  await anew(page)
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
    page: await browser.newPage(),
    async close() {
      await browser.close()
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
