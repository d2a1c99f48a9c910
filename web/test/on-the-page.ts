import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { anew, chromiumPath, launch } from '../dev/browser.ts'
import { fixture, type FixtureName } from '../dev/fixtures.ts'
import { serveFake, type FakeServer } from '../dev/serve.ts'

export const chromium = chromiumPath()
export const phone = { width: 390, height: 844 }

/** The built page in a real browser, over a server that answers from fixtures. */
export type Shown = {
  page: Page
  server: FakeServer
  dist: string
  /** What the page complained of in the console. */
  faults: string[]
  open(path?: string, token?: string): Promise<unknown>
  heading(name: string | RegExp): ReturnType<Page['getByRole']>
  show(name: FixtureName): void
}

/** Builds the page and opens a browser for the tests of a file; each begins as one who was never there. */
export function onThePage(): Shown {
  let browser: Browser | undefined
  const shown = {
    faults: [] as string[],
    open: (path = '/', token = 'secret') => shown.page.goto(`${shown.server.url}${path}${token === '' ? '' : `#token=${token}`}`),
    heading: (name: string | RegExp) => shown.page.getByRole('heading', { level: 1, name }),
    show: (name: FixtureName) => shown.server.show(fixture(name, Date.now())),
  } as Shown
  beforeAll(async () => {
    shown.dist = await mkdtemp(join(tmpdir(), 'threeways page '))
    await build({
      configFile: join(import.meta.dirname, '../vite.config.ts'),
      logLevel: 'error',
      build: { outDir: shown.dist, emptyOutDir: true },
    })
    shown.server = await serveFake(shown.dist, fixture('fresh', Date.now()))
    browser = await launch(chromium!)
    shown.page = await browser.newPage()
  })
  afterAll(async () => {
    await browser?.close()
    await shown.server?.close()
    await rm(shown.dist, { recursive: true, force: true })
  })
  beforeEach(async () => {
    shown.server.refuse(undefined)
    shown.server.lock(false)
    shown.server.posted.length = 0
    await anew(shown.page)
    shown.faults = []
    shown.page.on('console', (message) => message.type() === 'error' && shown.faults.push(message.text()))
    shown.page.on('pageerror', (error) => shown.faults.push(error.message))
  })
  return shown
}
