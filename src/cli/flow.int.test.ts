import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Told } from '../flow/history/history.port.ts'
import { eventOf } from '../flow/history/record.ts'
import { openTestThreeways, type TestThreeways } from '../server/testing.ts'
import { commandsOf } from './testing.ts'

const hourMs = 3_600_000
const at = (day: number, hour = 0) => new Date(Date.UTC(2026, 0, 1 + day) + hour * hourMs).toISOString() as Told['at']
const deployed = (stream: string, environment: string, version: string, when: Told['at']): Told => ({
  kind: 'deployment',
  id: `${stream} ${environment} ${version} ${when}`,
  at: when,
  stream,
  environment,
  version,
})
/** A version a day for forty days. */
const daily = (stream: string, environments: readonly string[]) =>
  Array.from({ length: 40 }, (_, day) =>
    environments.map((environment, step) => deployed(stream, environment, `v${day}`, at(day, 9 + step))),
  ).flat()

/** Two streams to production, one that ends in test, all told of by one table; and one of another pipeline, since months later. */
const table = [...daily('shop', ['test', 'production']), ...daily('cart', ['test', 'production']), ...daily('docs', ['test'])]
const gates = [
  ['production', 'onwards'],
  ['production', 'into'],
].map(([environment, way]): Told => ({
  kind: 'gate',
  id: way!,
  at: at(38),
  stream: 'shop',
  environment: environment!,
  way: way as 'into',
  open: false,
}))
const late = [0, 2, 4].map((hour) => deployed('till', 'production', `v${hour}`, at(120, hour)))

describe('threeways flow', () => {
  let t: TestThreeways
  let cli: Awaited<ReturnType<typeof commandsOf>>
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'threeways-flow-'))
    t = await openTestThreeways()
    await t.threeways.ledger.append([
      ...[...table, ...gates].map((one) => eventOf(one, '/table')),
      ...late.map((one) => eventOf(one, '/ci')),
    ])
    cli = await commandsOf(t)
  })
  afterAll(async () => {
    cli.close()
    await t.close()
    await rm(folder, { recursive: true, force: true })
  })
  const flow = async (...words: readonly string[]) => (await cli.command('flow', ...words)).text
  const report = async (...words: readonly string[]) => {
    const file = path.join(folder, 'flow.html')
    await cli.command('report', '--out', file, ...words)
    return (await readFile(file, 'utf8')).replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')
  }

  it('says of every lead time what it is of', async () => {
    expect(await flow('keys')).toMatch(/\nall +\S.* versions /)
    expect(await flow('keys')).toMatch(/\nshop +production +7\.\d +versions +1 h 0 min/)
  })

  it('says of a stream of which less than a week is known neither a rate nor whom it is like', async () => {
    const told = await flow('keys', 'till')
    expect(told).toContain('too early to say how many a week (3 on 1 day)')
    expect(told).toContain('Too early to hold it beside others')
    expect(told).not.toMatch(/Like, in DORA|on 1 days/)
    expect(await flow('keys')).toMatch(/\ntill +production +too early /)
    expect(await flow('till')).toContain('too early to say how many a week, on 1 day\n')
  })

  it('has the same rate of all in the report as in the keys, and not the sum of what each has in a window of its own', async () => {
    const { body } = await t.ask('GET', '/api/keys')
    const { perWeek } = (body as { estate: { frequency: { perWeek: number } } }).estate.frequency
    expect(await report()).toContain(` ${Math.round(perWeek)} deployments a week`)
  })

  it('marks streams that were last heard of long before others, and says that their windows are not the same', async () => {
    const told = await flow()
    expect(told).toMatch(/LAST HEARD OF[^]*\nshop .* 2026-02-09\n/)
    expect(told).toContain(
      'until it was last heard of: 2026-05-01 at the latest. 3 of 4 streams were last heard of a week or more before that',
    )
    const page = await report()
    expect(page).toContain('3 of 4 streams were last heard of a week or more before that, the earliest on 2026-02-09; they are marked.')
    expect(page).toMatch(/ shop until 2026-02-09 /)
    expect(await flow('--as-of', '2026-02-09')).not.toContain('LAST HEARD OF')
  })

  it('says of which window each table is, and marks who was last heard of long before', async () => {
    for (const board of ['keys', 'constraint', 'recovery'])
      expect(await flow(board, '--as-of', '2026-02-09')).toMatch(/^from 2025-11-11 until 2026-02-09\n/)
    for (const board of ['batches', 'coupling'])
      expect(await flow(board, '--as-of', '2026-02-09')).toMatch(/^from 2025-11-11 until 2026-02-09\n/)
    expect(await flow('keys')).toMatch(/^in a window of each stream's own[^]*\nshop .* until 2026-02-09\n/)
  })

  it('says where all lead to that are taken together, and which deployments are in no row', async () => {
    const told = await flow('keys')
    expect(told).toMatch(/\nall +the last of each /)
    expect(told).toContain('83 deployments of 3 streams to production, 40 deployments of 1 stream to test. `--to production` is of')
    expect(await flow('keys', '--to', 'production')).not.toContain('the last of each')
    await t.threeways.ledger.append([eventOf(deployed('till', 'production', 'v0', at(120, 6)), '/ci')])
    expect(await flow('batches', 'till')).toContain(
      '1 deployment more brought nothing new, going back or the same again, and is in no row.',
    )
  })

  it('says what each number is in a line of its own', async () => {
    for (const line of [...(await flow('keys')).split('\n'), ...(await flow('keys', 'shop')).split('\n')].filter((one) =>
      /^(from|share|deploy|change|failed)/.test(one),
    ))
      expect(line.length).toBeLessThan(170)
    expect(await flow('keys')).toContain('docs/keys.md')
  })

  it('counts the gates that are closed on the way, and none that leads nowhere', async () => {
    const closed = async (place: string) =>
      ((await t.ask('GET', `/api/flow/${place}`)).body as { closed: readonly { way: string }[] }).closed
    expect((await closed('shop')).map(({ way }) => way)).toEqual(['into'])
    expect((await closed('shop/picture')).map(({ way }) => way)).toEqual(['into'])
    expect(await flow('shop')).not.toContain('onwards from production')
    expect(await report()).toContain('1 gate is closed')
  })
})
