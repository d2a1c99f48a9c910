import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Told } from '../src/flow/history/history.port.ts'
import { eventOf } from '../src/flow/history/record.ts'
import type { Server } from '../src/server/serve.ts'
import { chromium, openPage, openPageServer, unfit, type PageServer } from './page-server.ts'

const hour = 3_600_000
const day = 24 * hour
const first = Date.UTC(2025, 0, 1)

const deployment = (stream: string, environment: string, at: number, version: string): Told => ({
  kind: 'deployment',
  id: `${stream} ${environment} ${version} ${at}`,
  at: new Date(at).toISOString() as Told['at'],
  stream,
  environment,
  version,
})

/** A version a day; staging takes an hour, and production gets every third version two hours later. */
const shop = Array.from({ length: 60 }, (_, n) => [
  deployment('shop', 'test', first + n * day, `v${n}`),
  deployment('shop', 'staging', first + n * day + hour, `v${n}`),
  ...(n % 3 === 2 && n < 57 ? [deployment('shop', 'production', first + n * day + 3 * hour, `v${n}`)] : []),
]).flat()

const told: readonly Told[] = [
  ...shop,
  // It went back once, and the gate is closed since.
  deployment('shop', 'production', first + 57 * day, 'v50'),
  {
    kind: 'gate',
    id: 'shut',
    at: new Date(first + 57 * day).toISOString() as Told['at'],
    stream: 'shop',
    environment: 'production',
    way: 'into',
    open: false,
    by: 'ann',
  },
  ...Array.from({ length: 40 }, (_, n) => [
    deployment(`service-${n}`, 'test', first + 59 * day, 'one'),
    deployment(`service-${n}`, 'production', first + 59 * day + (n + 1) * 60_000, 'one'),
  ]).flat(),
  // Long ago: it is there, and there is no data of it in any window but all.
  deployment('attic', 'test', first - 900 * day, 'old'),
  deployment('attic', 'production', first - 899 * day, 'old'),
]

const tabsOfShop = ['lead-time', 'batches', 'recovery', 'what-if', 'rows'].map((tab) => `/flow/shop/${tab}`)

describe.skipIf(chromium === undefined)('the page of flow (skipped when there is no Chromium; set CHROMIUM_PATH)', () => {
  let opened: PageServer
  let server: Server
  let page: Page
  let faults: readonly string[]
  let open: (where: string) => Promise<void>

  const record = async (events: readonly Told[]) => {
    const { url, threeways } = server
    const headers = { authorization: `Bearer ${threeways.adminToken}`, 'content-type': 'application/cloudevents-batch+json' }
    const body = JSON.stringify(events.map((one) => eventOf(one, '/imports/test')))
    expect((await fetch(`${url}/api/events`, { method: 'POST', headers, body })).ok).toBe(true)
  }

  beforeAll(async () => {
    opened = await openPageServer()
    ;({ server } = opened)
    await record(told)
  })
  afterAll(() => opened?.close())
  beforeEach(async () => {
    ;({ page, faults, open } = await openPage(opened))
  })

  it('shows every stream, sorted and filtered by the keyboard, the choice in the address, no data never as 0', async () => {
    await open('/')
    await page.keyboard.press('5')
    const table = page.getByRole('table', { name: 'Flow of every value stream' })
    const rows = table.locator('.flow-row')
    await rows.first().waitFor()
    expect(await table.getAttribute('aria-rowcount')).toBe('43')
    expect(await rows.count()).toBeLessThan(40)
    expect(await rows.first().textContent()).toMatch(/^shop/)
    const keys = page.getByRole('region', { name: 'The five keys of all streams' })
    expect(await keys.textContent()).toMatch(/Deployment frequency.*\/ wk.*Change fail rate.*%.*Rework rate.*%/)
    await table.getByRole('button', { name: 'Service' }).press('Enter')
    await expect.poll(() => rows.first().textContent()).toMatch(/^attic.*no data/)
    expect(await rows.first().locator('.flow-perWeek, .flow-p50, .flow-back').allTextContents()).toEqual([
      '–no data',
      '–no data',
      '–no data',
    ])
    await page.keyboard.press('f')
    await page.keyboard.type('shop')
    await expect.poll(() => rows.count()).toBe(1)
    await page.getByRole('button', { name: '1 y' }).click()
    await expect.poll(() => page.url()).toMatch(/days=365&q=shop&sort=stream&dir=up$/)
    await page.keyboard.press('Escape')
    await page.getByRole('link', { name: 'shop', exact: true }).press('Enter')
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor()
    expect(page.url()).toContain('days=365')
    expect(faults).toEqual([])
  })

  it('shows whose each stream is once somebody said so, and one team alone, its keys too', async () => {
    await open('/flow')
    expect(await page.getByRole('combobox', { name: 'Team' }).count()).toBe(0)
    const headers = { authorization: `Bearer ${server.threeways.adminToken}`, 'content-type': 'application/json' }
    const owners = ['shop', 'service-1'].map((stream) => ({ stream, team: 'Sales & Co', since: '2020-01-01T00:00:00Z' }))
    expect((await fetch(`${server.url}/api/owners`, { method: 'POST', headers, body: JSON.stringify({ owners }) })).ok).toBe(true)
    await page.getByRole('combobox', { name: 'Team' }).selectOption('Sales & Co')
    const rows = page.getByRole('table', { name: 'Flow of every value stream' }).locator('.flow-row')
    await expect.poll(() => rows.count()).toBe(2)
    expect(await rows.first().textContent()).toMatch(/^shopSales & Co/)
    await page
      .getByRole('region', { name: 'The five keys of Sales & Co' })
      .getByText(/Deployment frequency/)
      .waitFor()
    expect(page.url()).toMatch(/team=Sales\+%26\+Co$/)
    // The choice of a team has the focus, and takes nothing that it has no use for.
    await page.getByRole('combobox', { name: 'Team' }).press('?')
    await page.getByRole('dialog', { name: 'Keys' }).press('Escape')
    await page.getByRole('combobox', { name: 'Team' }).press('/')
    await page.keyboard.type('service-17')
    await page.getByRole('option', { name: 'service-17' }).waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url()).toMatch(/\/flow\/service-17$/)
    await page.goBack()
    // The team stays, from one page to the next.
    await page.getByRole('link', { name: 'Recovery', exact: true }).click()
    await page.getByText(/; 1 stream without one/).waitFor()
    expect(page.url()).toMatch(/\/recovery\?team=Sales\+%26\+Co$/)
    await page.getByRole('button', { name: 'all', exact: true }).click()
    const predictions = page.waitForRequest((request) => request.url().endsWith('/api/predictions?team=Sales+%26+Co'))
    await page.getByRole('link', { name: 'Deployed together' }).click()
    await page.getByText('No stream of “Sales & Co” was deployed together with another').waitFor()
    await predictions
    expect(page.url()).toMatch(/\/coupling\?days=3660&team=Sales\+%26\+Co$/)
    await page.getByLabel('as of').fill('2019-12-31')
    await page.getByRole('link', { name: 'Recovery', exact: true }).click()
    await page.getByText('Nothing is known of deployments of streams that belonged to “Sales & Co” then.').waitFor()
    await page.getByRole('combobox', { name: 'Team' }).selectOption('All teams')
    await expect.poll(() => page.url()).toMatch(/\/recovery\?days=3660&asOf=2019-12-31$/)
    for (const where of ['/recovery', '/coupling']) {
      await open(`${where}?team=Elsewhere`)
      await page.getByRole('heading', { name: 'There is no such team' }).waitFor()
    }
    await open('/flow?team=Elsewhere')
    await page.getByText('No stream matches.').waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()
    await expect.poll(() => rows.count()).toBeGreaterThan(10)
    expect(faults.filter((fault) => !fault.includes('404'))).toEqual([])
    const gone = owners.map(({ stream }) => ({ stream, team: null, since: '2020-01-01T00:00:01Z' }))
    await fetch(`${server.url}/api/owners`, { method: 'POST', headers, body: JSON.stringify({ owners: gone }) })
  })

  it('draws one stream at a glance, says what each number means and opens its rows, and follows the ledger', async () => {
    await open('/flow/shop')
    const way = page.getByRole('list', { name: 'Way of the versions' })
    expect(await way.textContent()).toMatch(
      /test.*60 min.*60 of 60.*staging.*3 waiting here.*26 h.*1 went back.*57 of 60.*closed into production since 2025-02-27 by ann.*production/,
    )
    const constraint = page.getByRole('region', { name: 'The constraint' })
    await constraint.getByText(/staging (and|→) production holds \d+ % of all the time/).waitFor()
    const lead = page.getByRole('button', { name: 'Lead p50' })
    await lead.press('Tab')
    await lead.hover()
    await page
      .getByRole('tooltip')
      .getByText(/also of those that are still on their way/)
      .waitFor()
    await page.locator('.figure').filter({ hasText: 'Went back' }).getByRole('link').click()
    const rows = page.getByRole('region', { name: 'Rows', exact: true })
    await rows.getByText('Came to production').waitFor()
    expect(await rows.getByRole('row').allTextContents()).toEqual([
      expect.stringMatching('Came to production'),
      expect.stringMatching(/2025-02-27.*v50.*went back/),
    ])
    await page.goBack()
    await page.getByRole('link', { name: 'Failures and what they came of' }).click()
    await rows.getByText(/^went back/).waitFor()
    expect(await rows.getByRole('row').last().textContent()).toMatch(/2025-02-2\d.*2025-02-27.*% v5/)
    await rows.getByRole('tab', { name: 'On their way 3' }).click()
    await record([deployment('shop', 'production', first + 60 * day, 'v59')])
    await rows.getByText('Nothing is on its way to production.').waitFor()
    await page.getByLabel('as of').fill('2025-01-31')
    await page.getByText(/until 31 Jan 2025/).waitFor()
    expect(page.url()).toMatch(/\/flow\/shop\/rows\?show=ageing&asOf=2025-01-31$/)
    expect(faults).toEqual([])
  })

  it('has a tab for each question, with an address, walked through by the keyboard, and asks only for what is open', async () => {
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await open('/flow/shop')
    const tabs = page.getByRole('tablist', { name: 'Questions' })
    await page.getByRole('region', { name: 'The five keys' }).waitFor()
    expect(asked.filter((path) => /whatif|coupling|batches/.test(path))).toEqual([])
    await tabs.getByRole('tab', { name: 'Overview' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.getByRole('tab', { name: 'Lead time', selected: true }).waitFor()
    expect(page.url()).toMatch(/\/flow\/shop\/lead-time$/)
    const curve = page.getByRole('application', { name: /Share of versions that reached production/ })
    await curve.focus()
    await page.keyboard.press('End')
    await page.getByText(/^within .*had arrived/).waitFor()
    // A point leads to its rows.
    await page.keyboard.press('Enter')
    await page.getByText(/Only those that took less than .*Show all/).waitFor()
    await page.goBack()
    await tabs.getByRole('tab', { name: 'What if' }).click()
    const whatIf = page.getByRole('region', { name: 'What if' })
    await whatIf
      .getByText(/Cannot say: |instead of/)
      .first()
      .waitFor()
    await whatIf.getByRole('button', { name: 'A gate' }).click()
    await whatIf.getByText('threeways whatif shop "gate production open"').waitFor()
    await whatIf
      .getByRole('slider')
      .or(whatIf.getByRole('button', { name: 'open' }))
      .first()
      .waitFor()
    await page.goBack()
    await page.getByRole('tab', { name: 'Lead time', selected: true }).waitFor()
    await tabs.getByRole('tab', { name: 'Recovery' }).click()
    const way = page.getByRole('list', { name: 'Way of the failures' })
    expect(await way.textContent()).toMatch(/Deployed.*Seen.*known of 0 of 1.*unknown.*Ran well.*1 back.*Over.*1 of 1/)
    const failures = page.getByRole('region', { name: 'Failures', exact: true })
    expect(await failures.getByRole('row').last().textContent()).toMatch(/went back.*unknown: going back does not say when.*back to v50/)
    await open('/flow/shop?show=gates#rows')
    await page.getByRole('tab', { name: 'Gates 1', selected: true }).waitFor()
    expect(faults).toEqual([])
  })

  it('is pointed to from the services where nothing is delivered here', async () => {
    await open('/')
    await page.getByRole('heading', { name: 'No commit has travelled here yet' }).waitFor()
    await page.getByRole('link', { name: '42 value streams are known' }).click()
    await page.getByRole('table', { name: 'Flow of every value stream' }).waitFor()
    expect(faults).toEqual([])
  })

  it('says when nothing is known of a stream', async () => {
    await open('/flow/nowhere')
    await page.getByRole('heading', { name: 'Nothing is known of deployments of nowhere' }).waitFor()
  })

  it.each(['light', 'dark'] as const)('can be read by everybody in %s colours, and fits a phone', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    for (const where of ['/flow', '/flow/shop', ...tabsOfShop, '/flow/attic', '/coupling', '/coupling?by=work', '/recovery']) {
      await page.setViewportSize({ width: 1280, height: 800 })
      await open(where)
      // What comes after the first answer is looked at too.
      if (where === '/flow/shop') await page.getByRole('region', { name: 'The five keys' }).waitFor()
      if (where === '/flow/shop')
        await page
          .getByText(/of all the time/)
          .first()
          .waitFor()
      expect(await page.evaluate(unfit), `${where} in ${colorScheme}`).toEqual([])
      await page.setViewportSize({ width: 390, height: 844 })
      await expect.poll(() => page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    }
    expect(faults).toEqual([])
  })
})
