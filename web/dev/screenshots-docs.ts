import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { StreamView } from '../src/api/types.ts'
import { chromiumPath, launch } from './browser.ts'
import { fixture } from './fixtures.ts'
import { serveFake } from './serve.ts'

/**
 * The pictures of docs/page.md, from a running server that told the story (`npm run story`):
 *
 *     node dev/screenshots-docs.ts <its address> <token>
 */
const [url = 'http://127.0.0.1:7333', token = ''] = process.argv.slice(2)
const folder = join(import.meta.dirname, '../../docs/page')
const headers = { authorization: `Bearer ${token}` }
const { streams } = (await (await fetch(`${url}/api/streams`, { headers })).json()) as { streams: StreamView[] }
const [view] = streams
if (view === undefined) throw new Error(`nothing was delivered at ${url}`)

const browser = await launch(chromiumPath()!)
const page = await browser.newPage({ viewport: { width: 1360, height: 820 }, colorScheme: 'light' })
const failed = view.runs.find(({ state }) => state === 'failed')!
await take('line', '/')
await take('run', `/runs/${failed.id}`)
await take('environments', '/environments')
await take('approvals', '/approvals')
await take('difference', `/candidates/${failed.candidate}?view=difference`, async () => {
  await page.getByText('compared with').waitFor()
  await page.locator('.file > button').first().click()
  await page.locator('.patch').waitFor()
  await page.locator('.tabs').evaluate((tabs) => tabs.scrollIntoView())
})
const made = await serveFake(join(import.meta.dirname, '../dist'), fixture('many', Date.now()))
await take('services', '/?sort=latest', undefined, made.url)
await made.close()
await browser.close()

async function take(name: string, path: string, first: (page: Page) => Promise<void> = async () => {}, from = url): Promise<void> {
  await page.goto(`${from}${path}#token=${token === '' ? 'none' : token}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForTimeout(900)
  await first(page)
  await page.screenshot({ path: join(folder, `${name}.png`) })
}
