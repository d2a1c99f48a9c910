import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Server } from '../src/server/serve.ts'
import { chromium, openPageServer, unfit, type PageServer } from './page-server.ts'

const example = path.join(import.meta.dirname, '../examples/release')

describe.skipIf(chromium === undefined)('the page of experiments (skipped when there is no Chromium; set CHROMIUM_PATH)', () => {
  let opened: PageServer
  let server: Server
  let browser: Browser
  let page: Page
  const faults: string[] = []
  const ask = async (method: string, to: string, body: unknown) => {
    const headers = { authorization: `Bearer ${server.threeways.adminToken}`, 'content-type': 'application/json' }
    const response = await fetch(`${server.url}${to}`, { method, headers, body: JSON.stringify(body) })
    expect(response.ok).toBe(true)
  }

  beforeAll(async () => {
    opened = await openPageServer()
    ;({ server, browser } = opened)
    const document = await readFile(path.join(example, 'flags/checkout.yaml'), 'utf8')
    await ask('PUT', '/api/flags', { files: [{ document, file: 'checkout.yaml' }], reason: 'to be asked' })
    await ask('POST', '/api/experiments', { plan: parse(await readFile(path.join(example, 'experiment.yaml'), 'utf8')) as unknown })
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
    page.setDefaultTimeout(10_000)
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
    page.on('pageerror', (error) => faults.push(error.message))
  })
  afterAll(() => opened?.close())

  it('begins one, shows what it says and what it may not say yet, and takes the decision beside what was recommended', async () => {
    await page.goto(`${server.url}/experiments#token=${server.threeways.adminToken}`)
    await page.getByRole('link', { name: 'one-page' }).click()
    await page.getByRole('button', { name: 'Begin…' }).click()
    await page.getByRole('button', { name: 'Begin', exact: true }).click()
    await page.getByText('running').first().waitFor()

    const units = Array.from({ length: 400 }, (_, unit) => ({ unit: `unit-${unit}`, variant: unit % 2 === 0 ? 'three-pages' : 'one-page' }))
    const at = Date.now()
    const exposures = units.map((one) => ({ ...one, flag: 'checkout', revision: 1, rule: 'ramp', at }))
    const metrics = units.slice(0, 60).map(({ unit }) => ({ unit, metric: 'ordered', n: 1, sum: 1, sumsq: 1 }))
    await ask('POST', '/api/flag-sets/production/exposures', { id: 'seen-by-the-page', at, exposures, metrics })
    await page.getByRole('heading', { name: '400 of 8,000 units' }).waitFor()
    await page.getByText('It may not be decided yet: 400 of 8000 planned units are there').waitFor()
    expect(await page.getByRole('img', { name: /^effect .* at any moment/ }).count()).toBeGreaterThan(0)
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 })
      expect(await page.evaluate(unfit)).toEqual([])
    }

    // Another one runs beside it, whose effect depends on it.
    const beside =
      'flag: express\nowner: shop\npurpose: experiment\nexpires: 2099-01-01\nenvironments: {production: {state: ramp, serve: {off: 50%, on: 50%}}}'
    await ask('PUT', '/api/flags', { files: [{ document: beside, file: 'express.yaml' }], reason: 'to be asked' })
    const asked = {
      hypothesis: 'a button brings orders',
      owner: 'shop',
      arms: ['off', 'on'],
      metrics: [{ metric: 'ordered', kind: 'binary', role: 'decision', effect: 0.1 }],
    }
    await ask('POST', '/api/experiments', { plan: { ...asked, experiment: 'express', flag: 'express' } })
    await ask('POST', '/api/experiments/express/start', {})
    const also = units.map(({ unit }, index) => ({
      unit,
      variant: index % 4 < 2 ? 'off' : 'on',
      flag: 'express',
      revision: 1,
      rule: 'ramp',
      at: Date.now(),
    }))
    await ask('POST', '/api/flag-sets/production/exposures', { id: 'seen-beside-it', at: Date.now(), exposures: also, metrics: [] })
    await page.goto(`${server.url}/experiments`)
    await page.getByRole('heading', { name: 'Beside each other' }).waitFor()
    const pair = page.getByRole('row', { name: /express × one-page/ })
    await pair.getByText('nothing seen', { exact: true }).waitFor()
    expect(await pair.getByRole('cell').first().textContent()).toBe('400')
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      expect(await page.evaluate(unfit)).toEqual([])
    }
    await page.getByRole('link', { name: 'one-page' }).first().click()

    await page.getByRole('button', { name: 'Decide…' }).click()
    await page.getByLabel('Decision').selectOption('keep control')
    await page.getByLabel(/reason|why/i).fill('it takes too long')
    await page.getByRole('button', { name: 'Decide', exact: true }).click()
    await page.getByText(/Decided by .*: keep control/).waitFor()
    await page.getByText(/Recommended was: one-page: keep control/).waitFor()
    expect(faults).toEqual([])
  })
})
