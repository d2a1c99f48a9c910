import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BuildsView } from '../builds/schemas.ts'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import type { ConstraintBoard, ConstraintView } from '../constraint/schemas.ts'
import type { Told } from '../history/history.port.ts'
import { eventOf } from '../history/record.ts'
import type { BatchesView } from '../measures/batch/schemas.ts'
import type { CouplingView } from '../measures/coupling/schemas.ts'
import type { KeysBoard } from '../measures/keys/schemas.ts'
import type { RecoveryBoard } from '../measures/recovery/schemas.ts'
import type { BoardRow } from '../measures/schemas.ts'
import type { TeamsBoard } from './board-schemas.ts'

const hourMs = 3_600_000
const days = 60
const at = (day: number, hour: number) => new Date(Date.UTC(2026, 0, 1 + day) + hour * hourMs).toISOString() as Told['at']

/** Two that are always deployed together, and two by themselves; all by way of a test environment. */
const hours = { cart: 9, shop: 9, search: 12, mail: 15 }
const deployments = Array.from({ length: days }, (_, day) =>
  Object.entries(hours).flatMap(([stream, hour]) =>
    (['test', 'production'] as const).map((environment, step): Told => {
      const id = `${stream} ${environment} ${day}`
      return { kind: 'deployment', id, at: at(day, hour + step), stream, environment, version: `v${day}` }
    }),
  ),
).flat()
/** Of one that belongs to nobody: what they came of is weighed against everything that was deployed. */
const incidents = [10, 20].map((day): Told => ({
  kind: 'incident',
  phase: 'detected',
  id: `${day}`,
  incident: `INC-${day}`,
  at: at(day, 14),
  environment: 'production',
  stream: 'mail',
}))
/** Every stream has a pipeline of its name. Of one nobody says which stream it is of, but it is built from the repository of its name. */
const runs = Object.keys(hours).flatMap((stream) =>
  [40, 50, 55].flatMap((day): readonly Told[] => {
    const whose = stream === 'shop' ? { repository: 'acme/shop' } : { stream }
    const run = { kind: 'run', run: `${stream} ${day}`, name: stream, ...whose } as const
    return [
      { ...run, phase: 'started', id: `${run.run} started`, at: at(day, 6) },
      { ...run, phase: 'finished', id: `${run.run} finished`, at: at(day, 7), outcome: day === 50 ? 'failure' : 'success' },
    ]
  }),
)

describe('boards of a team', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
    await t.threeways.ledger.append([...deployments, ...incidents, ...runs].map((one) => eventOf(one, '/ci')))
    await t.ask('POST', '/api/owners', {
      owners: [
        { stream: 'cart', team: 'Trade', since: at(0, 0) },
        { stream: 'shop', team: 'Sales', since: at(0, 0) },
        { stream: 'search', team: 'Trade', since: at(0, 0) },
        { stream: 'search', team: 'Sales', since: at(30, 0) },
      ],
    })
  })
  afterAll(() => t.close())
  const ask = async <T>(place: string) => (await t.ask('GET', `/api/${place}`)).body as T
  const streamsOf = (rows: readonly { readonly stream: string }[]) => rows.map(({ stream }) => stream)

  it('have the rows of its value streams, and say of each what the whole board says', async () => {
    const [flow, sales] = [await ask<{ streams: BoardRow[] }>('flow'), await ask<{ streams: BoardRow[] }>('flow?team=Sales')]
    expect(streamsOf(sales.streams)).toEqual(['search', 'shop'])
    expect(sales.streams).toEqual(flow.streams.filter(({ stream }) => ['search', 'shop'].includes(stream)))
    const [all, own] = [await ask<ConstraintBoard>('constraint'), await ask<ConstraintBoard>('constraint?team=Sales')]
    expect(own.rows).toEqual(all.rows.filter(({ stream }) => ['search', 'shop'].includes(stream)))
  })

  it('pool the keys of its value streams, with what failed weighed against all that was deployed', async () => {
    const [all, sales] = [await ask<KeysBoard>('keys'), await ask<KeysBoard>('keys?team=Sales')]
    expect(sales.streams).toEqual(all.streams.filter(({ stream }) => ['search', 'shop'].includes(stream)))
    expect(sales.estate.frequency!.deployments).toBe(2 * days)
    const expected = (keys: { failRate: { expected: number } | null }) => keys.failRate!.expected
    expect(expected(sales.estate)).toBeCloseTo(sales.streams.map(expected).reduce((a, b) => a + b))
    expect(expected(sales.estate)).toBeGreaterThan(0)
    expect(expected(sales.estate)).toBeLessThan(expected(all.estate))
  })

  it('stand in a row each, by name, with the keys that each has by itself and what holds its slowest stream up', async () => {
    const board = await ask<TeamsBoard>('teams/flow')
    expect(board.rows.map(({ team, streams }) => [team, streams])).toEqual([
      ['Sales', ['search', 'shop']],
      ['Trade', ['cart']],
    ])
    expect(board).toMatchObject({ unowned: 1, known: ['incident'] })
    for (const { team, streams: _, slowest, ...keys } of board.rows) {
      expect(keys).toEqual((await ask<KeysBoard>(`keys?team=${team}`)).estate)
      const { constraint } = await ask<ConstraintView>(`constraint/${slowest!.stream}`)
      expect(slowest!.constraint).toEqual(constraint)
    }
    const then = await ask<TeamsBoard>(`teams/flow?asOf=${at(25, 0)}`)
    expect(then.rows.map(({ team, streams }) => [team, streams])).toEqual([
      ['Sales', ['shop']],
      ['Trade', ['cart', 'search']],
    ])
    expect(await ask('teams/flow?asOf=2025-06-01T00:00:00Z')).toMatchObject({ unowned: 0, rows: [] })
    const csv = await t.threeways.app.request('/api/teams/flow?format=csv', {
      headers: { authorization: `Bearer ${t.threeways.adminToken}` },
    })
    const [head, ...lines] = (await csv.text()).trimEnd().split('\r\n')
    expect(head).toContain('slowest.constraint.from')
    expect(lines).toHaveLength(2)
  })

  it('are of those who belonged to it then', async () => {
    expect(streamsOf((await ask<KeysBoard>(`keys?team=Trade&asOf=${at(25, 0)}`)).streams)).toEqual(['cart', 'search'])
    expect(streamsOf((await ask<KeysBoard>('keys?team=Trade')).streams)).toEqual(['cart'])
    expect(await ask('flow?team=Trade&asOf=2025-06-01T00:00:00Z')).toEqual({ streams: [] })
  })

  it('say of each value stream how its failures are mended as the whole board says it', async () => {
    const [all, sales] = [await ask<RecoveryBoard>('recovery'), await ask<RecoveryBoard>('recovery?team=Sales')]
    expect(streamsOf(sales.rows)).toEqual(['search', 'shop'])
    expect(sales).toEqual({
      known: all.known,
      shared: expect.any(Number),
      rows: all.rows.filter(({ stream }) => ['search', 'shop'].includes(stream)),
    })
    expect(streamsOf((await ask<RecoveryBoard>(`recovery?team=Trade&asOf=${at(25, 0)}`)).rows)).toEqual(['cart', 'search'])
    expect(await ask('recovery?team=Trade&asOf=2025-06-01T00:00:00Z')).toMatchObject({ rows: [] })
  })

  it('put the deployments of its value streams together by size, with what failed weighed against all that was deployed', async () => {
    const ofAll = async (place: string) => (await ask<BatchesView>(place)).rows.map(({ deployments, failed }) => [deployments, failed!])
    const sum = (rows: readonly (readonly number[])[], at: number) => rows.reduce((all, row) => all + row[at]!, 0)
    const [team, search, shop] = [await ofAll('batches?team=Sales'), await ofAll('batches/search'), await ofAll('batches/shop')]
    expect(sum(team, 0)).toBe(2 * days)
    expect(sum(team, 1)).toBeCloseTo(sum(search, 1) + sum(shop, 1))
    expect(sum(team, 1)).toBeGreaterThan(0)
    expect(sum(await ofAll(`batches?team=Sales&asOf=${at(25, 0)}`), 0)).toBe(25)
    expect(await ask('batches?team=Trade&asOf=2025-06-01T00:00:00Z')).toMatchObject({ rows: [], trend: null })
  })

  it('have the pipelines of its value streams, also those that are built from a repository of theirs', async () => {
    const [all, sales] = [await ask<BuildsView>('builds'), await ask<BuildsView>('builds?team=Sales')]
    const pipelines = ({ rows }: BuildsView) => rows.map(({ pipeline }) => pipeline).toSorted()
    expect(pipelines(all)).toEqual(['cart', 'mail', 'search', 'shop'])
    expect(pipelines(sales)).toEqual(['search', 'shop'])
    expect(sales).toEqual({ ...all, total: 2, rows: all.rows.filter(({ pipeline }) => ['search', 'shop'].includes(pipeline!)) })
    expect(sales.rows[0]).toMatchObject({ runs: 3, success: { of: 3 } })
    expect(pipelines(await ask<BuildsView>(`builds?team=Trade&asOf=${at(29, 23)}`))).toEqual([])
    await t.ask('POST', '/api/owners', { owners: [{ stream: 'cart', team: 'Sales', since: at(52, 0) }] })
    expect(pipelines(await ask<BuildsView>(`builds?team=Trade&asOf=${at(51, 0)}`))).toEqual(['cart'])
    // Whose they are now: what was built before counts with them.
    expect(pipelines(await ask<BuildsView>('builds?team=Trade'))).toEqual([])
    expect((await ask<BuildsView>('builds?team=Sales')).rows.map(({ runs: count }) => count)).toEqual([3, 3, 3])
    await t.ask('POST', '/api/owners', { owners: [{ stream: 'cart', team: 'Trade', since: at(52, 1) }] })
  })

  it('show what hangs together across teams, also with streams of others', async () => {
    const { rows, looked } = await ask<CouplingView>('coupling')
    expect(rows).toMatchObject([{ a: 'cart', b: 'shop', teamA: 'Trade', teamB: 'Sales' }])
    expect(await ask('coupling?team=Sales')).toMatchObject({ looked, rows })
    await t.ask('POST', '/api/owners', { owners: [{ stream: 'mail', team: 'Post' }] })
    expect(await ask('coupling?team=Post')).toMatchObject({ looked, rows: [] })
  })

  it.each(['flow', 'keys', 'constraint', 'coupling', 'recovery', 'batches', 'builds'])(
    '%s: name the team that was meant',
    async (board) => {
      expect(await t.ask('GET', `/api/${board}?team=Slaes`)).toMatchObject({
        status: 404,
        body: { code: 'TEAM_NOT_FOUND', help: 'did you mean "Sales"?' },
      })
      for (const team of ['', '%20', 'x'.repeat(10_240)])
        expect(await t.ask('GET', `/api/${board}?team=${team}`)).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } })
    },
  )
})
