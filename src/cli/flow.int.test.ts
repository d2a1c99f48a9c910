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

  it('counts the gates that are closed on the way, and none that leads nowhere', async () => {
    const closed = async (place: string) =>
      ((await t.ask('GET', `/api/flow/${place}`)).body as { closed: readonly { way: string }[] }).closed
    expect((await closed('shop')).map(({ way }) => way)).toEqual(['into'])
    expect((await closed('shop/picture')).map(({ way }) => way)).toEqual(['into'])
    expect(await flow('shop')).not.toContain('onwards from production')
    expect(await report()).toContain('1 gates are closed')
  })
})
