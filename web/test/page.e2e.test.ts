import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { clockAt } from '../dev/build-fixtures.ts'
import { fixture, fixtureNames, running } from '../dev/fixtures.ts'
import { chromium, onThePage, phone, type Shown } from './on-the-page.ts'

describe.skipIf(chromium === undefined)('the page (skipped when there is no Chromium; set CHROMIUM_PATH)', () => {
  const t: Shown = onThePage()
  const { open, heading, show } = t

  describe.each(fixtureNames)('in the situation "%s"', (name) => {
    it('shows without an error, and nothing is wider than a phone', async () => {
      const shown = fixture(name, Date.now())
      t.server.show(shown)
      await t.page.setViewportSize(phone)
      const run = shown.runs.find(({ state }) => state === 'failed') ?? shown.runs[0]
      const inside = run !== undefined && ['running', 'stopped', 'red', 'long'].includes(name)
      const pages = [
        '/',
        '/approvals',
        '/stops',
        '/environments',
        ...(inside ? [`/runs/${run.id}`, `/candidates/${run.candidate}`, `/candidates/${run.candidate}?view=difference`] : []),
      ]
      for (const path of pages) {
        await open(path)
        await heading(/./).waitFor()
        expect(await t.page.evaluate(() => document.documentElement.scrollWidth)).toBe(phone.width)
      }
      expect(t.faults).toEqual([])
    })
  })

  it('is at most 120 KB on the wire, all that everybody gets, and what is for some comes by itself', async () => {
    const entries = await readdir(t.dist, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.br'))
    const sizes = await Promise.all(
      files.map(async ({ parentPath, name }) => ({ name, bytes: (await readFile(join(parentPath, name))).byteLength })),
    )
    const sum = (list: typeof sizes) => list.reduce((all, { bytes }) => all + bytes, 0)
    const parts = { flow: 32, release: 15, experiment: 8 }
    const partOf = (name: string) => Object.keys(parts).find((part) => name.startsWith(`${part}-`))
    expect(sum(sizes.filter(({ name }) => partOf(name) === undefined))).toBeLessThan(120 * 1024)
    for (const [part, budget] of Object.entries(parts)) {
      const own = sizes.filter(({ name }) => partOf(name) === part)
      expect(own).toHaveLength(1)
      expect(sum(own)).toBeLessThan(budget * 1024)
    }
  })

  it('says how to deliver the first commit when there is none', async () => {
    show('fresh')
    await open()
    await heading('No commit has travelled here yet').waitFor()
    expect(await t.page.getByText('threeways deliver', { exact: true }).isVisible()).toBe(true)
  })

  it('shows what runs where, what waits and for whom', async () => {
    show('approval')
    await open()
    await heading('Line open').waitFor()
    const production = t.page.getByRole('article', { name: 'Stage production' })
    expect(await production.textContent()).toContain('Show delivery times on every part')
    expect(await production.textContent()).toContain('waits for a promotion by anyone with the right to it')
    expect(await production.getByRole('link', { name: 'Open web' }).getAttribute('href')).toMatch(/^http/)
    await production.getByRole('button', { name: 'Approve for production…' }).click()
    await t.page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
    await t.page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(t.server.posted[0]?.path).toMatch(/^\/api\/runs\/[^/]+\/stages\/production\/approve$/)
  })

  it('offers only what the server grants, and says why there is nothing to press', async () => {
    const shown = fixture('approval', Date.now())
    t.server.show({ ...shown, can: [], scopes: ['read'] })
    const { id } = shown.runs[0]!
    for (const path of ['/', `/runs/${id}?step=production%2Fgate`, '/approvals']) {
      await open(path)
      await t.page
        .getByText(/^Not yours to decide: a promotion by anyone/)
        .first()
        .waitFor()
      const pressable = await t.page.getByRole('main').getByRole('button').allTextContents()
      expect(pressable.filter((text) => text.endsWith('…'))).toEqual([])
    }
    await open('/')
    await t.page.getByText('The token “ann” is good for read: it may not stop the line.').waitFor()
  })

  it('offers to pass a soak time wherever it is shown, with a reason, and only to whom the server lets', async () => {
    const shown = fixture('soaking', Date.now())
    const { id, candidate } = shown.runs[0]!
    const places = ['/', `/runs/${id}?step=production%2Fgate`, `/candidates/${candidate}`, '/approvals']
    const button = t.page.getByRole('button', { name: 'Bypass…' })
    t.server.show(shown)
    for (const path of places) {
      await open(path)
      await button.click()
      const dialog = t.page.getByRole('dialog', { name: 'Enter production at once' })
      expect(await dialog.textContent()).toContain('before its soak time is over')
      await dialog.getByRole('textbox', { name: 'Reason' }).fill('the till is down')
      await dialog.getByRole('button', { name: 'Bypass' }).click()
      await dialog.waitFor({ state: 'detached' })
    }
    const path = `/api/runs/${id}/stages/production/bypass`
    expect(t.server.posted).toMatchObject(places.map(() => ({ path, body: { gate: 'soak', reason: 'the till is down' } })))
    t.server.show({ ...shown, can: [] })
    for (const place of places) {
      const asked = t.page.waitForResponse((response) => response.url().includes('/api/approvals'))
      await open(place)
      await t.page.reload()
      await asked
      await t.page
        .getByText('it soaks 2h in test before production', { exact: true })
        .or(t.page.getByText(/^it soaks 2h in test before production, until \d\d:\d\d:\d\d on /))
        .first()
        .waitFor()
      expect(await button.count()).toBe(0)
    }
  })

  it('tells on the delivery and in the story of the candidate who passed a gate, and why', async () => {
    show('soaking')
    const { id, candidate } = fixture('soaking', Date.now()).runs[0]!
    for (const path of [`/runs/${id}`, `/candidates/${candidate}`]) {
      await open(path)
      await t.page.getByText('change window of test bypassed').waitFor()
      await t.page.getByText(/^by grace, 23 min ago: the till is down$/).waitFor()
    }
    expect(await t.page.locator('.story .signal-wait').textContent()).toContain('grace let it pass the window gate of test')
  })

  it('marks what a check found while its environment had drifted', async () => {
    show('soaking')
    const { id, candidate } = fixture('soaking', Date.now()).runs[0]!
    await open(`/candidates/${candidate}`)
    await t.page.getByText('environment drifted').click()
    await t.page.getByText('Its environment had drifted while it ran, so this says less: file-changed web').waitFor()
    expect(t.page.url()).toContain(`/runs/${id}?step=test%2Fcheck%2Fintegration`)
  })

  it('follows a candidate to the next stage without a reload', async () => {
    const clock = clockAt(Date.now())
    t.server.show(running(clock, 'dev'))
    await open()
    const arrived = t.page.getByRole('list', { name: 'Candidates in test' }).getByText('Remember the cart for a week')
    await t.page.getByRole('list', { name: 'Candidates in dev' }).getByText('Remember the cart for a week').waitFor()
    expect(await arrived.count()).toBe(0)
    const before = await t.page.locator('.train').evaluate((train) => train.getBoundingClientRect().left)
    t.server.show(running(clock, 'test'))
    await arrived.waitFor()
    await expect.poll(() => t.page.locator('.train').evaluate((train) => train.getBoundingClientRect().left)).toBeGreaterThan(before + 100)
    expect(t.faults).toEqual([])
  })

  it('says a stop louder than anything, in words, title and favicon, with the way out', async () => {
    show('running')
    await open()
    await heading('Line open').waitFor()
    show('stopped')
    await heading('Line stopped').waitFor()
    const stop = t.page.getByRole('list', { name: 'Open stops' })
    expect(await stop.textContent()).toMatch(/checkout answers 500 in production.*after a rollback.*Fixes-Stop: stop-7f3a91c2/)
    expect(await t.page.title()).toMatch(/^STOPPED: checkout answers 500/)
    await expect.poll(() => t.page.locator('link[rel=icon]').getAttribute('href')).toMatch(/^\/assets\/stopped-.*\.svg$/)
    await stop.getByRole('button', { name: 'Start the line…' }).click()
    await t.page.getByRole('textbox', { name: 'Reason' }).fill('fixed by hand')
    await t.page.getByRole('dialog').getByRole('button', { name: 'Start the line' }).click()
    await t.page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(t.server.posted).toMatchObject([{ path: '/api/line/stops/stop-7f3a91c2/start', body: { reason: 'fixed by hand' } }])
  })

  it('stops the line from the keyboard, with the reason and the token', async () => {
    show('running')
    await open()
    await heading('Line open').waitFor()
    expect(t.page.url()).not.toContain('token')
    await t.page.keyboard.press('s')
    const dialog = t.page.getByRole('dialog', { name: 'Stop the line' })
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('prices are wrong')
    await t.page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(t.server.posted).toEqual([
      { path: '/api/streams/parts-unlimited/stop', body: { reason: 'prices are wrong' }, authorization: 'Bearer secret' },
    ])
  })

  it('shows a refusal with its help where it was asked, and keeps what was typed', async () => {
    show('running')
    await open()
    t.server.refuse({
      status: 403,
      title: 'forbidden',
      detail: 'the token "reader" may not stop a line',
      code: 'SCOPE_MISSING',
      help: 'make one with `threeways token`',
      faults: [],
    })
    await t.page.getByRole('button', { name: 'Stop the line…' }).click()
    const dialog = t.page.getByRole('dialog')
    await dialog.getByRole('textbox').fill('look at this')
    await dialog.getByRole('button', { name: 'Stop the line' }).click()
    expect(await dialog.getByRole('alert').textContent()).toBe('the token "reader" may not stop a linemake one with threeways token')
    expect(await dialog.getByRole('textbox').inputValue()).toBe('look at this')
  })

  it('only looks without a token, and says how to get one', async () => {
    show('stopped')
    await open('/', '')
    await heading('Line stopped').waitFor()
    expect(await t.page.getByRole('button', { name: 'Start the line…' }).count()).toBe(0)
    await t.page.getByRole('button', { name: 'Read-only' }).click()
    expect(await t.page.getByRole('dialog').textContent()).toContain('threeways token')
    await t.page.getByLabel('Token').fill('pasted')
    await t.page.keyboard.press('Enter')
    await t.page.getByRole('button', { name: 'Start the line…' }).waitFor()
  })

  it('keeps the chosen colours for the next visit, from the first paint on', async () => {
    show('idle')
    await open()
    await t.page.getByRole('button', { name: 'Colours: system' }).click()
    await t.page.getByRole('button', { name: 'Colours: light' }).click()
    await t.page.reload()
    await heading('Line open').waitFor()
    expect(await t.page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark')
  })

  it('asks for a token where even looking needs one', async () => {
    show('idle')
    t.server.lock(true)
    await open('/', '')
    await heading('A token is needed to see the services').waitFor()
    await t.page.getByLabel('Token').fill('pasted')
    await t.page.getByRole('button', { name: 'Use this token' }).click()
    await heading('Line open').waitFor()
    await t.page.getByText('live', { exact: true }).waitFor()
  })

  it('can be used by the keyboard alone', async () => {
    show('red')
    await open()
    await heading('Line open').waitFor()
    await t.page.keyboard.press('?')
    expect(await t.page.getByRole('dialog', { name: 'Keys and signs' }).textContent()).toContain('stop the line')
    await t.page.keyboard.press('Escape')
    await t.page.getByRole('dialog').waitFor({ state: 'detached' })
    await t.page.keyboard.press('f')
    await t.page.keyboard.type('cents')
    const rows = t.page.getByRole('list', { name: 'Deliveries, newest first' }).getByRole('listitem')
    await expect.poll(() => rows.count()).toBe(1)
    await t.page.keyboard.press('Escape')
    await expect.poll(() => rows.count()).toBeGreaterThan(3)
    await t.page.keyboard.press('k')
    await t.page.keyboard.press('Enter')
    await heading('Let the shop start without a mail server').waitFor()
    await t.page.keyboard.press('g')
    await heading('Line open').waitFor()
  })

  it('lists failed tests with their messages and opens the log at its end', async () => {
    show('red')
    await open(`/runs/${fixture('red', Date.now()).runs.find((run) => run.state === 'failed')!.id}`)
    const failed = t.page.getByRole('list', { name: 'Failed tests' })
    await failed.getByText('cart adds up to the cent').waitFor()
    expect(await failed.textContent()).toContain('expected 1999 to be 19.99')
    const text = t.page.getByRole('log')
    await text.getByText('✗ a discount of a third is rounded once').waitFor()
    await t.page.getByRole('searchbox', { name: 'Search the log' }).fill('keeps its parts')
    await t.page.getByText('1 of 48').waitFor()
    await text.getByText('cart 1 keeps').waitFor()
    expect(t.faults).toEqual([])
  })

  it('keeps only the lines on the screen of a huge log in the document', async () => {
    const shown = fixture('idle', Date.now())
    const run = shown.runs[0]!
    const text = Array.from({ length: 120_000 }, (_, index) => `line ${index} \x1b[3${index % 8}mcoloured\x1b[0m`).join('\n')
    t.server.show({ ...shown, logs: { ...shown.logs, [`${run.id} build`]: { text, complete: true } } })
    await open(`/runs/${run.id}?step=build`)
    await t.page.getByText('120,000 lines, complete').waitFor()
    await t.page.getByRole('button', { name: 'Follow' }).click()
    await t.page.getByRole('log').getByText('line 119999').waitFor()
    expect(await t.page.locator('.log-line').count()).toBeLessThan(150)
  })

  it('says that it is not connected and how old its picture is, and comes back by itself', async () => {
    show('running')
    await open()
    await heading('Line open').waitFor()
    t.server.connected(false)
    await t.page.getByText(/Not connected, showing the state of \d\d:\d\d:\d\d/).waitFor()
    expect(await heading('Line open').isVisible()).toBe(true)
    // Before it can come back: then the button is gone.
    await t.page.getByRole('button', { name: 'Try now' }).click()
    t.server.connected(true)
    show('stopped')
    await heading('Line stopped').waitFor()
    await t.page.getByText('Not connected').waitFor({ state: 'detached' })
  })

  it('has no link that the keyboard does not reach, and none that leads nowhere', async () => {
    show('red')
    const walked = new Set<string>()
    const toWalk = ['/']
    for (let path = toWalk.pop(); path !== undefined; path = toWalk.pop()) {
      await open(path)
      await heading(/./).waitFor()
      expect(await heading(/^(There is no|Cannot show|The line does not stop|Nothing is known)/).count(), `at ${path}`).toBe(0)
      walked.add(path)
      const links = await linksOf(t.page)
      expect(await reachedByTab(t.page), `at ${path}`).toEqual(links)
      // Of many alike, such as deliveries, one is enough.
      toWalk.push(...links.filter((link) => !walked.has(link) && !toWalk.includes(link) && alike(link, [...walked, ...toWalk]) < 1))
    }
    expect(walked.size).toBeGreaterThan(7)
    expect(t.faults).toEqual([])
  })

  it('leads back from an unknown page, delivery and candidate', async () => {
    show('idle')
    for (const [path, title] of [
      ['/nowhere', 'The line does not stop here'],
      ['/runs/none', 'There is no such delivery'],
      ['/candidates/none', 'There is no such candidate'],
    ] as const) {
      await open(path)
      await heading(title).waitFor()
      await t.page.getByRole('link', { name: 'To the services', exact: true }).click()
      await heading('Line open').waitFor()
    }
  })
})

const alike = (link: string, others: readonly string[]) => others.filter((one) => one.split('/')[1] === link.split('/')[1]).length

/** Where the links of this page lead, within it. */
const linksOf = (page: Page) =>
  page
    // Numbers in a row lead to rows that its page leads to as well.
    .locator('a[href^="/"]:not([tabindex="-1"])')
    .evaluateAll((links) => [...new Set(links.flatMap((link) => (link.checkVisibility() ? [link.getAttribute('href')!] : [])))].toSorted())

/** Presses Tab until every link may have had its turn. @returns the links that had the focus */
async function reachedByTab(page: Page): Promise<string[]> {
  const stops = await page.evaluate(() => {
    const reached = ((window as { reached?: Set<string> }).reached = new Set())
    document.addEventListener('focusin', ({ target }) => reached.add((target as Element).getAttribute('href') ?? ''))
    return document.querySelectorAll('a, button, input, select, textarea, summary, [tabindex]').length
  })
  await Promise.all(Array.from({ length: stops }, () => page.keyboard.press('Tab')))
  const reached = await page.evaluate(() => [...(window as { reached?: Set<string> }).reached!])
  return reached.filter((href) => href.startsWith('/')).toSorted()
}
