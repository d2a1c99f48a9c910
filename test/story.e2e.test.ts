import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launch } from '../web/dev/browser.ts'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { readAdminToken } from '../src/server/tokens.ts'
import { ledgerOfHome, processesOf, serverOf, start, threeways, type Started } from './command-line.ts'

const chromium = chromiumPath()

describe('the story of the example shop', () => {
  let place: string
  let home: string
  let told: Started
  let ledger: Awaited<ReturnType<typeof ledgerOfHome>>
  const where = () => ({ cwd: place, env: { XDG_DATA_HOME: path.join(place, 'data'), ...ledger.env } })
  beforeAll(async () => {
    place = await realpath(await mkdtemp(path.join(tmpdir(), 'threeways story ')))
    home = path.join(place, 'home')
    ledger = await ledgerOfHome()
    told = start(where(), 'demo', '--story', '--home', home, '--port', '0')
  })
  afterAll(async () => {
    await told.stop()
    await ledger.drop()
    await removeTree(path.join(place, 'data'))
    await rm(place, { recursive: true, force: true })
  })

  it.skipIf(chromium === undefined)(
    'is seen on the page: the line stops and moves again (skipped without Chromium)',
    { timeout: 240_000 },
    async () => {
      const url = await serverOf(home, told)
      const browser = await launch(chromium!)
      try {
        const page = await browser.newPage()
        const faults: string[] = []
        page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
        await page.goto(url)
        const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor({ timeout: 120_000 })
        for (const state of ['Line open', 'Line stopped', 'Line open', 'Line stopped', 'Line open']) await heading(state)
        await page
          .getByRole('article', { name: 'Stage production' })
          .getByText('Leave a percent sign in the banner alone')
          .first()
          .waitFor({ timeout: 60_000 })
        await page.goto(`${url}/#token=${await readAdminToken(home)}`)
        await page.getByRole('button', { name: 'Stop the line…' }).first().click()
        await page.getByRole('textbox', { name: 'Reason' }).fill('somebody saw smoke')
        await page.keyboard.press('Control+Enter')
        await page
          .getByRole('dialog')
          .getByRole('button', { name: /stop/i })
          .click({ timeout: 1_000 })
          .catch(() => {})
        await heading('Line stopped')
        const status = await threeways(where(), 'status', '--home', home)
        expect(status.stdout).toContain('THE LINE IS STOPPED')
        expect(status.stdout).toContain('somebody saw smoke')
        await threeways(where(), 'start', '--home', home, 'it was steam')
        await heading('Line open')
        expect(faults).toEqual([])
      } finally {
        await browser.close()
      }
    },
  )

  it('went as it is told, serves the shop, and leaves nothing when it ends', { timeout: 240_000 }, async () => {
    await expect.poll(() => told.output(), { timeout: 200_000, interval: 200 }).toMatch(/the story went as it is told|STORY_|PRODUCTION_/)
    expect(told.output()).toContain('the story went as it is told')
    const { stdout } = await threeways(where(), 'env', 'ls', '--home', home, '--json')
    const production = (JSON.parse(stdout) as { id: string; urls: { web: string } }[]).find(
      ({ id }) => id === 'parts-unlimited/production',
    )!
    expect(await (await fetch(production.urls.web)).text()).toContain('Parts Unlimited')
    expect(await told.stop()).toBe(0)
    expect(await processesOf(home)).toEqual([])
    await expect(fetch(production.urls.web)).rejects.toThrow('fetch failed')
  })
})
