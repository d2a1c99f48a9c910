import { describe, expect, it } from 'vitest'
import { fixture } from '../dev/fixtures.ts'
import { chromium, onThePage, type Shown } from './on-the-page.ts'
import { unfit } from './unfit.ts'

describe.skipIf(chromium === undefined)('the page of many services (skipped when there is no Chromium; set CHROMIUM_PATH)', () => {
  const t: Shown = onThePage()
  const { open, heading, show } = t

  it('shows hundreds of services at a glance, only those on the screen in the document, what is stopped first', async () => {
    show('many')
    await open()
    await heading('Services').waitFor()
    const rows = t.page.locator('.estate-row')
    expect(await t.page.getByRole('table', { name: 'Services' }).getAttribute('aria-rowcount')).toBe('242')
    expect(await rows.count()).toBeLessThan(40)
    expect(await rows.first().textContent()).toMatch(/stopped.*production.*answers 500/)
    await t.page.evaluate(() => scrollTo(0, document.body.scrollHeight))
    await t.page.locator('.estate-row[aria-rowindex="242"]').waitFor()
    expect(await rows.count()).toBeLessThan(40)
    expect(t.faults).toEqual([])
  })

  it('filters, sorts and groups the services, and keeps the choice in the address', async () => {
    show('many')
    await open()
    await t.page.getByRole('button', { name: /^waits for a person/ }).click()
    await t.page.keyboard.press('f')
    await t.page.keyboard.type('invoice')
    const rows = t.page.locator('.estate-row')
    await expect
      .poll(async () => (await rows.allTextContents()).every((text) => text.includes('invoice') && text.includes('waits for a person')))
      .toBe(true)
    await t.page.getByLabel('Groups').selectOption('repository')
    await t.page.locator('.estate-group').getByText('/repositories/invoice').waitFor()
    expect(t.page.url()).toContain('q=invoice&show=waiting&group=repository')
    await t.page.getByRole('searchbox').fill('no such service')
    await t.page.getByRole('button', { name: 'Show all' }).click()
    await expect.poll(() => rows.count()).toBeGreaterThan(8)
  })

  it('walks through all rows by the keyboard, also those that were not there yet, and opens one', async () => {
    show('many')
    await open()
    await heading('Services').waitFor()
    await t.page.locator('.estate-link').first().focus()
    for (let n = 0; n < 45; n++) await t.page.keyboard.press('j')
    await expect.poll(() => t.page.evaluate(() => document.activeElement?.closest('.estate-row')?.getAttribute('aria-rowindex'))).toBe('47')
    await t.page.keyboard.press('g')
    await t.page.getByLabel('Filter the services').fill('parts-unlimited')
    await expect.poll(() => t.page.locator('.estate-row').count()).toBe(1)
    await t.page.getByRole('link', { name: 'parts-unlimited' }).click()
    await heading('Line open').waitFor()
    await t.page.getByRole('link', { name: 'Services', exact: true }).first().click()
    await heading('Services').waitFor()
  })

  it('finds everything from one box, by the keyboard', async () => {
    show('many')
    await open()
    await heading('Services').waitFor()
    const box = t.page.getByRole('combobox', { name: 'Search' })
    await expect
      .poll(async () => {
        // What listens to keys comes a moment after what is seen.
        if (!(await box.isVisible())) await t.page.keyboard.press('Control+k')
        return box.isVisible()
      })
      .toBe(true)
    // Enter at once means what is found, also before it stands there.
    await box.fill('remember the cart')
    await t.page.keyboard.press('Enter')
    await heading('Remember the cart for a week').waitFor()
    await t.page.keyboard.press('/')
    await box.fill('zzzz')
    await t.page.getByText('Nothing is called “zzzz”.').waitFor()
    await box.fill('')
    await t.page.getByRole('option', { name: 'Services' }).waitFor()
    await t.page.keyboard.press('ArrowDown')
    await t.page.keyboard.press('Enter')
    await heading('Approvals').waitFor()
    await t.page.keyboard.press('3')
    await heading('Stops').waitFor()
  })

  it('lets a person say yes where it waits, seeing what it would change', async () => {
    show('approval')
    await open('/approvals')
    const inbox = t.page.getByRole('list', { name: 'What waits for a person' })
    await inbox.getByRole('button', { name: /changes 3 commits, 6 files, 2 settings, 3 packages/ }).click()
    await inbox.getByText('Keep the cart in one place').waitFor()
    await inbox.getByRole('button', { name: 'Reject…' }).click()
    await t.page.getByRole('textbox', { name: 'Reason' }).fill('not before the sale')
    await t.page.keyboard.press('Enter')
    await t.page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(t.server.posted.pop()).toMatchObject({
      path: expect.stringMatching(/stages\/production\/reject$/),
      body: { reason: 'not before the sale' },
    })
    await inbox.getByRole('button', { name: 'Approve for production…' }).click()
    await t.page.getByRole('textbox', { name: 'Reason' }).fill('seen it on test')
    await t.page.keyboard.press('Enter')
    await t.page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(t.server.posted).toMatchObject([
      { path: expect.stringMatching(/stages\/production\/approve$/), body: { reason: 'seen it on test' } },
    ])
  })

  it('shows every open stop, and stops and starts lines from the board', async () => {
    show('stopped')
    await open('/stops')
    const board = t.page.getByRole('list', { name: 'Open stops' })
    expect(await board.textContent()).toMatch(/parts-unlimited.*after a rollback.*checkout answers 500.*Fixes-Stop: stop-7f3a91c2/)
    await t.page.keyboard.press('s')
    await t.page.getByRole('dialog').getByLabel('What').selectOption('service/parts-unlimited')
    await t.page.getByRole('textbox', { name: 'Reason' }).fill('also the mails')
    await t.page.keyboard.press('Enter')
    await t.page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(t.server.posted.at(-1)).toMatchObject({
      path: '/api/line/stops',
      body: { scope: 'service/parts-unlimited', reason: 'also the mails' },
    })
    show('idle')
    await t.page.getByText('Every line is open.').waitFor()
  })

  it('shows what a candidate changes: commits, files with their text, settings, packages', async () => {
    show('approval')
    const run = fixture('approval', Date.now()).runs[0]!
    await open(`/candidates/${run.candidate}`)
    await t.page.getByRole('button', { name: 'What it changes' }).click()
    await t.page.getByText('compared with').waitFor()
    expect(await t.page.getByRole('region', { name: 'Configuration' }).textContent()).toContain('CART_DAYS')
    expect(await t.page.getByRole('region', { name: 'Packages' }).textContent()).toMatch(/cookie.*1\.0\.2.*new.*pg.*8\.22\.0.*8\.23\.1/)
    await t.page.getByRole('button', { name: /cart\.js/ }).click()
    await t.page.getByText('const lines = kept(session).lines').waitFor()
    await t.page.getByRole('button', { name: 'in test' }).click()
    await t.page.getByText('This is what runs in test.').waitFor()
    expect(t.page.url()).toContain('against=test')
    expect(t.faults).toEqual([])
  })

  it('shows environments, how two of them differ, and what one writes', async () => {
    show('idle')
    await open('/environments')
    await t.page.getByText('1 difference nobody declared.').waitFor()
    await t.page.getByText(/there, 1 with secrets out of date, 1 asleep\./).waitFor()
    const asleep = t.page.getByRole('listitem').filter({ has: t.page.getByRole('link', { name: 'test', exact: true }) })
    expect(await asleep.textContent()).toMatch(/asleep.*ends in 3 h.*a secret is out of date/)
    await asleep.getByRole('link', { name: 'test', exact: true }).click()
    const life = t.page.getByRole('list', { name: 'Its life' })
    expect(await life.textContent()).toMatch(
      /asleep for 40 min.*destroyed in 3 h.*limits kept by.*version 1 of secret SMTP_PASSWORD; the newest is 2.*threeways env apply test/,
    )
    await t.page.goBack()
    await t.page.getByRole('link', { name: 'production', exact: true }).click()
    await heading('production').waitFor()
    await t.page.getByRole('log').getByText('GET /parts/280 200').waitFor()
    await t.page.getByRole('searchbox', { name: 'Only lines with' }).fill('/parts/280 ')
    await expect.poll(() => t.page.getByRole('log').locator('p').count()).toBe(1)
  })

  describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
    it('has names for what can be pressed, one heading, and text that can be read', async () => {
      await t.page.emulateMedia({ colorScheme })
      for (const [name, paths] of [
        ['many', ['/', '/approvals', '/lines/parts-unlimited']],
        ['stopped', ['/stops', '/environments', `/candidates/${fixture('stopped', Date.now()).runs[0]!.candidate}?view=difference`]],
      ] as const) {
        show(name)
        for (const path of paths) {
          await open(path)
          await heading(/./).waitFor()
          await t.page.waitForTimeout(150)
          expect(await t.page.evaluate(unfit), `${path} in ${name}`).toEqual([])
        }
      }
    })
  })
})
