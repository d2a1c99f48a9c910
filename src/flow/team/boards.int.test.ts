import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import type { ConstraintBoard, ConstraintView } from '../constraint/schemas.ts'
import type { Told } from '../history/history.port.ts'
import { eventOf } from '../history/record.ts'
import type { CouplingView } from '../measures/coupling/schemas.ts'
import type { KeysBoard } from '../measures/keys/schemas.ts'
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

describe('boards of a team', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
    await t.threeways.ledger.append([...deployments, ...incidents].map((one) => eventOf(one, '/ci')))
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

  it('show what hangs together across teams, also with streams of others', async () => {
    const { rows, looked } = await ask<CouplingView>('coupling')
    expect(rows).toMatchObject([{ a: 'cart', b: 'shop', teamA: 'Trade', teamB: 'Sales' }])
    expect(await ask('coupling?team=Sales')).toMatchObject({ looked, rows })
    await t.ask('POST', '/api/owners', { owners: [{ stream: 'mail', team: 'Post' }] })
    expect(await ask('coupling?team=Post')).toMatchObject({ looked, rows: [] })
  })

  it.each(['flow', 'keys', 'constraint', 'coupling'])('%s: name the team that was meant', async (board) => {
    expect(await t.ask('GET', `/api/${board}?team=Slaes`)).toMatchObject({
      status: 404,
      body: { code: 'TEAM_NOT_FOUND', help: 'did you mean "Sales"?' },
    })
    for (const team of ['', '%20', 'x'.repeat(10_240)])
      expect(await t.ask('GET', `/api/${board}?team=${team}`)).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } })
  })
})
