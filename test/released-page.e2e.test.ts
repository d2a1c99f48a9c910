import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { flagChanged } from '../src/flow/flags/events.ts'
import { slotsOf } from '../src/flow/flags/slots.ts'
import type { ToldCommit } from '../src/flow/history/commits.port.ts'
import type { Told } from '../src/flow/history/history.port.ts'
import { CommitPacker, refsEvents } from '../src/flow/history/record-commits.ts'
import { eventOf } from '../src/flow/history/record.ts'
import { flagIn, killed, off, on, ramp } from '../src/flow/releases/testing.ts'
import type { Instant } from '../src/kernel/clock.ts'
import { event, type CloudEvent } from '../src/ledger/event.ts'
import type { Server } from '../src/server/serve.ts'
import { chromium, openPage, openPageServer, unfit, type PageServer } from './page-server.ts'

const hour = 3_600_000
const day = 24 * hour
const first = Date.UTC(2026, 7, 1)
const count = 40
const sha = (n: number) => (n + 1).toString(16).padStart(8, '0').repeat(5)
const instant = (ms: number) => new Date(ms).toISOString() as Instant

/** A change a day: five hours of writing, in test after one more, in production after three. */
const merged = (n: number) => first + n * day
const commits = Array.from({ length: count }, (_, n): ToldCommit => ({
  sha: sha(n),
  parents: n === 0 ? [] : [sha(n - 1)],
  authored: (merged(n) - 5 * hour) / 1000,
  committed: merged(n) / 1000,
  subject: `change ${n} (#${n})`,
  files: 1,
  added: 8,
  deleted: 2,
  paths: ['a.ts'],
}))
const deployments = commits.flatMap((_, n) =>
  [
    ['test', 1],
    ['production', 3],
  ].map(([environment, hours]): Told => ({
    kind: 'deployment',
    id: `${environment} ${n}`,
    at: instant(merged(n) + Number(hours) * hour) as Told['at'],
    stream: 'shop',
    environment: String(environment),
    version: `v${n}`,
    commit: sha(n),
  })),
)

/** Every third change is behind a flag: a ramp after four days, on after six; one was killed, and the last three rest. */
const flags = Array.from({ length: 13 }, (_, at) => 3 * at + 1).flatMap((n) => {
  const stands = [
    { at: merged(n), stand: off },
    ...(n < 30 ? [{ at: merged(n) + 4 * day, stand: ramp(5) }, ...(n < 25 ? [{ at: merged(n) + 6 * day, stand: on }] : [])] : []),
    ...(n === 7 ? [{ at: merged(n) + 9 * day, stand: killed }] : []),
  ]
  return stands.map(({ at, stand }, index): CloudEvent => {
    const flag = flagIn(`feature-${n}`, stand, { service: 'shop', change: `#${n}` })
    const envelope = { id: `${n} ${index}`, time: instant(at), source: '/threeways/flags', subject: flag.flag }
    const change = { revision: index + 1, change: 'state', by: 'ann', reason: 'a test', origin: 'api', environment: 'production' } as const
    return event(flagChanged, envelope, { flag: flag.flag, ...change, definition: flag, slots: slotsOf(flag, {}) })
  })
})

describe.skipIf(chromium === undefined)('the way to the users (skipped when there is no Chromium; set CHROMIUM_PATH)', () => {
  let opened: PageServer
  let server: Server
  let page: Page
  let faults: readonly string[]
  let open: (where: string) => Promise<void>

  beforeAll(async () => {
    opened = await openPageServer()
    ;({ server } = opened)
    const packer = new CommitPacker('acme/shop')
    const trunk = { refs: new Map([['refs/heads/main', sha(count - 1)]]), head: sha(count - 1), trunk: 'refs/heads/main' }
    await server.threeways.ledger.append([
      ...commits.flatMap((one) => packer.add(one) ?? []),
      packer.take()!,
      ...refsEvents('acme/shop', trunk, { repository: 'acme/shop', commits: 0, tips: [], cut: [], refs: {} }, first),
      ...deployments.map((one) => eventOf(one, '/imports/shop')),
      ...flags,
    ])
  })
  afterAll(() => opened?.close())
  beforeEach(async () => {
    ;({ page, faults, open } = await openPage(opened))
  })

  it('goes on after production on the map, in the figures, at the constraint and in the rows', async () => {
    await open('/flow/shop')
    const way = page.getByRole('list', { name: 'Way of the versions' })
    await way.getByText('behind flags released').waitFor()
    expect(await way.textContent()).toMatch(
      /production.*\d d.*1 taken back.*10 of 13 behind flags released.*1 by the kill switch.*released.*13 changes behind flags.*8 to all users.*3 still hidden.*1 off now/,
    )
    await page
      .getByRole('region', { name: 'The constraint' })
      .getByText(/^production → released holds \d+ %/)
      .waitFor()
    await way.getByRole('link', { name: '10 of 13' }).click()
    const rows = page.getByRole('region', { name: 'Rows', exact: true })
    await rows.getByText('Only those that flags hide or hid.').waitFor()
    await expect.poll(() => rows.getByRole('row').count()).toBe(14)
    const fallen = rows.getByRole('row').filter({ hasText: 'change 7 ' })
    expect(await fallen.textContent()).toMatch(/2026-08-12.*killed/)
    expect(await fallen.getByTitle('behind feature-7').getAttribute('href')).toBe('/release/feature-7')
    expect(await rows.getByRole('link', { name: 'behind feature-37' }).isVisible()).toBe(true)
    await open('/flow/shop/lead-time')
    const from = page.getByRole('region', { name: 'From the first commit' })
    await from.getByText('production → released').first().waitFor()
    expect(await from.locator('.figures').textContent()).toMatch(/Begun → released.*Behind flags.*10 of 13 released/)
    expect(faults).toEqual([])
  })

  it.each(['light', 'dark'] as const)('can be read by everybody in %s colours, and fits a phone', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    for (const [where, seen] of [
      ['/flow/shop', 'behind flags released'],
      ['/flow/shop/lead-time', 'Behind flags'],
      ['/flow/shop/rows?show=changes', 'with its deployment'],
    ] as const) {
      await page.setViewportSize({ width: 1280, height: 800 })
      await open(where)
      await page.getByText(seen).first().waitFor()
      expect(await page.evaluate(unfit), `${where} in ${colorScheme}`).toEqual([])
      await page.setViewportSize({ width: 390, height: 844 })
      await expect.poll(() => page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    }
    expect(faults).toEqual([])
  })
})
