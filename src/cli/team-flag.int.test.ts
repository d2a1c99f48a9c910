import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Told } from '../flow/history/history.port.ts'
import { eventOf } from '../flow/history/record.ts'
import { openTestThreeways, type TestThreeways } from '../server/testing.ts'
import { commandsOf } from './testing.ts'

const instant = (day: number) => new Date(Date.UTC(2026, 0, day)).toISOString() as Told['at']
const told = ['shop', 'cart'].flatMap((stream): readonly Told[] => [
  { kind: 'deployment', id: `${stream} 1`, at: instant(1), stream, environment: 'production', version: 'v1' },
  { kind: 'deployment', id: `${stream} 2`, at: instant(2), stream, environment: 'production', version: 'v2' },
  { kind: 'run', phase: 'started', run: stream, id: `${stream} s`, name: `ci of ${stream}`, stream, at: instant(1) },
  { kind: 'run', phase: 'finished', run: stream, id: `${stream} f`, name: `ci of ${stream}`, stream, at: instant(2), outcome: 'success' },
])

describe('threeways flow … --team', () => {
  let t: TestThreeways
  let cli: Awaited<ReturnType<typeof commandsOf>>
  beforeAll(async () => {
    t = await openTestThreeways()
    await t.threeways.ledger.append(told.map((one) => eventOf(one, '/ci')))
    await t.ask('POST', '/api/owners', { owners: [{ stream: 'shop', team: 'Sales', since: instant(2) }] })
    cli = await commandsOf(t)
  })
  afterAll(async () => {
    cli.close()
    await t.close()
  })

  const command = (...words: readonly string[]) => cli.command(...words)
  const flow = (...words: readonly string[]) => command('flow', ...words)

  it('shows how failures of its value streams are mended', async () => {
    expect((await flow('recovery')).text).toContain('2 of 2 streams without a failure')
    expect((await flow('recovery', '--team', 'Sales')).text).toContain('1 of 1 streams without a failure')
    const before = await flow('recovery', '--team', 'Sales', '--as-of', '2026-01-01')
    expect(before.text).toMatch(/^nothing is known of deployments of value streams that belonged to "Sales" then/)
  })

  it('shows whether their larger deployments fail more often', async () => {
    expect((await flow('batches')).text).toMatch(/\n1 +4 +no data/)
    expect((await flow('batches', '--team', 'Sales')).text).toMatch(/\n1 +2 +no data/)
    expect((await flow('batches', '--team', 'Sales', '--as-of', '2026-01-01')).text).toBe(
      'no deployment of value streams that belonged to "Sales" then brought anything new in that time\n',
    )
  })

  it('shows how long their builds wait and last', async () => {
    expect((await flow('builds')).text).toMatch(/ci of cart/)
    const { text } = await flow('builds', '--team', 'Sales')
    expect(text).toMatch(/ci of shop/)
    expect(text).not.toMatch(/ci of cart/)
    expect((await flow('builds', '--team', 'Sales', '--as-of', '2026-01-01')).text).toMatch(
      /^no run of a pipeline of value streams that belonged to "Sales" then is known in that time/,
    )
  })

  it.each(['board', 'constraint', 'keys', 'recovery', 'batches', 'builds'])(
    '%s: names the team that was meant, and takes a stream or a team',
    async (board) => {
      const slip = await flow(board, '--team', 'Slaes')
      expect(slip).toMatchObject({ exitCode: 3, text: expect.stringMatching(/TEAM_NOT_FOUND[^]*did you mean "Sales"\?/) })
      const both = await flow(board, 'shop', '--team', 'Sales')
      expect(both).toMatchObject({ exitCode: 2, text: expect.stringContaining('TEAM_NOT_MEANT') })
    },
  )

  it('shows what failed of them, or came of a deployment of theirs', async () => {
    const failed = ['shop', 'cart'].map((stream): Told => ({
      kind: 'incident',
      phase: 'detected',
      id: `${stream} failed`,
      incident: `INC-${stream}`,
      at: instant(3),
      stream,
      environment: 'production',
    }))
    await t.threeways.ledger.append(failed.map((one) => eventOf(one, '/pager')))
    await t.threeways.ledger.append([eventOf({ ...failed[1]!, id: 'alone', incident: 'INC-none', stream: 'search' } as Told, '/pager')])
    const all = await command('incident', 'ls')
    expect(all.text).toMatch(/INC-shop[^]*INC-none|INC-none[^]*INC-shop/)
    const { text } = await command('incident', 'ls', '--team', 'Sales')
    expect(text).toContain('INC-shop')
    expect(text).not.toContain('INC-none')
    expect((await command('incident', 'ls', '--team', 'Slaes')).text).toMatch(/TEAM_NOT_FOUND/)
    expect((await command('incident', 'ls', '--team', 'Sales', '--as-of', '2026-01-01')).text).toBe(
      'nobody told of a failure of value streams that belonged to "Sales" then in that time\n',
    )
  })

  it('shows what was predicted of them', async () => {
    expect((await command('predictions', '--team', 'Sales')).text).toContain('nothing was predicted of value streams of "Sales" yet')
    expect(await command('predictions', 'shop', '--team', 'Sales')).toMatchObject({ exitCode: 2 })
    expect((await command('predictions', '--team', 'Slaes')).text).toMatch(/TEAM_NOT_FOUND/)
  })
})
