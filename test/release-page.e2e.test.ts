import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../src/server/serve.ts'
import { chromium, openPageServer, type PageServer } from './page-server.ts'

const flag = (name: string, state: string) =>
  `flag: ${name}\nowner: shop\npurpose: release\nexpires: 2099-01-01\nenvironments: {production: {state: ${state}, serve: on}}\n`

describe.skipIf(chromium === undefined)('the release board (skipped when there is no Chromium; set CHROMIUM_PATH)', () => {
  let opened: PageServer
  let server: Server
  let browser: Browser

  beforeAll(async () => {
    opened = await openPageServer()
    ;({ server, browser } = opened)
  })
  afterAll(() => opened?.close())

  it('shows every flag, finds one as one types, and kills it with a reason', async () => {
    const { adminToken } = server.threeways
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
    const files = [{ document: flag('checkout-v2', 'on') }, { document: flag('chat', 'dark').replace('serve: on', 'sample: 100%') }]
    const put = await fetch(`${server.url}/api/flags`, { method: 'PUT', headers, body: JSON.stringify({ files, reason: 'new' }) })
    expect(put.status).toBe(200)
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    page.setDefaultTimeout(10_000)
    await page.goto(`${server.url}/release#token=${adminToken}`)
    const rows = page.getByRole('table', { name: 'Flags' }).locator('.flag-row')
    await expect.poll(() => rows.count()).toBe(2)
    await page.keyboard.press('f')
    await page.keyboard.type('checkout')
    await expect.poll(() => rows.count()).toBe(1)
    await page.getByRole('link', { name: 'checkout-v2', exact: true }).press('Enter')
    await page.getByRole('region', { name: 'production' }).getByRole('button', { name: 'Kill…' }).click()
    await page.getByLabel('Reason').fill('orders fail')
    await page.getByRole('button', { name: 'Kill it' }).click()
    await page.getByRole('button', { name: 'Revive…' }).waitFor()
    await page.getByRole('list', { name: 'Revisions' }).getByText('orders fail').waitFor()
    await page.close()
  })

  it('writes a new flag, says at which line something is wrong and what it would do, and publishes it', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    page.setDefaultTimeout(10_000)
    await page.goto(`${server.url}/release#token=${server.threeways.adminToken}`)
    await page.getByRole('link', { name: 'New flag…' }).click()
    const paper = page.getByRole('textbox', { name: 'The flag as its file has it' })
    await paper.fill(flag('search', 'ramp').replace('serve: on', 'serve: {onn: 20%}'))
    await page.getByRole('button', { name: 'line 5' }).waitFor()
    expect(await page.getByRole('button', { name: 'Publish' }).count()).toBe(0)
    await paper.fill(flag('search', 'ramp').replace('serve: on', 'serve: {on: 20%}'))
    await page.getByRole('region', { name: 'production, as it would be' }).getByText('20 %').first().waitFor()
    await page.getByLabel('Reason').fill('a fifth of them')
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('heading', { name: 'search', exact: true }).waitFor()
    // Edited: what was published meanwhile is not taken back unawares.
    await page.getByRole('link', { name: 'Edit…' }).click()
    await expect.poll(() => paper.inputValue()).toContain('owner: shop')
    await paper.fill((await paper.inputValue()).replace('owner: shop', 'owner: finders'))
    await page.getByText('Changed: owner.').waitFor()
    const headers = { authorization: `Bearer ${server.threeways.adminToken}`, 'content-type': 'application/json' }
    await fetch(`${server.url}/api/flags/search/kill`, { method: 'POST', headers, body: JSON.stringify({ reason: 'slow' }) })
    await page.getByText('published revision 2 since you began: slow').waitFor()
    await page.getByRole('button', { name: 'Begin again with revision 2' }).click()
    await paper.fill((await paper.inputValue()).replace('owner: shop', 'owner: finders'))
    await page.getByLabel('Reason').fill('they made it')
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByText('owner finders').waitFor()
    const { owner, latest } = (await (await fetch(`${server.url}/api/flags/search`)).json()) as Record<string, unknown>
    expect([owner, latest]).toEqual(['finders', expect.objectContaining({ revision: 3, reason: 'they made it', origin: 'api' })])
    await page.close()
  })
})
