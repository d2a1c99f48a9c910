import { describe, expect, it } from 'vitest'
import { Owners } from '../../team/owners.ts'
import type { Past } from '../past.ts'
import type { CouplingQuery } from './schemas.ts'
import { coupledView } from './view.ts'

const hour = 3_600_000
const day = 24 * hour
const days = 60

/** Cart and till at one time each day, ten others each at a time of its own. */
const times: Record<string, number> = { cart: 9, till: 9, ...Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`s${n}`, n + 10])) }
const pastOf = (until = days): Past => ({
  streams: new Map(
    Object.entries(times).map(([stream, at]) => [
      stream,
      {
        stream,
        deployments: Array.from({ length: until }, (_, n) =>
          (['test', 'production'] as const).map((environment, step) => ({
            environment,
            version: `v${n}`,
            at: n * day + at * hour + step,
            deployment: `${environment} ${n}`,
            source: '/ci',
          })),
        ).flat(),
      },
    ]),
  ),
  order: ['test', 'production'],
  heard: new Map([['/ci', until * day]]),
  gates: new Map(),
})
const query: CouplingQuery = { days: 365, minutes: 30, by: 'deployment' }
const look = (past: Past, more: Partial<CouplingQuery> = {}, owners?: Owners) => coupledView(past, { ...query, ...more }, 0, owners)

describe('what is deployed together', () => {
  it('is the same to whoever looked before, at whatever else and whatever was known then', () => {
    const past = pastOf()
    const asOf = new Date(30 * day).toISOString()
    const asked: readonly Partial<CouplingQuery>[] = [{}, { days: 3 }, { asOf }, { asOf, days: 10 }, { minutes: 1440 }, { to: 'test' }]
    for (const more of [...asked, ...asked]) expect(look(past, more)).toEqual(look(pastOf(), more))
    expect(look(past).rows).toMatchObject([{ a: 'cart', b: 'till', together: days }])
    expect(look(past, { asOf }).rows).toMatchObject([{ together: 30 }])
    // What was recorded since is another past.
    expect(look(pastOf(days + 1)).rows).toMatchObject([{ together: days + 1 }])
  })

  it('is not hidden by another stream that is deployed until now', () => {
    const past = pastOf()
    const deployments = [{ environment: 'production', version: 'v1', at: 400 * day, deployment: 'own', source: '/threeways/line' }]
    const withOwn = { ...past, streams: new Map([...past.streams, ['own', { stream: 'own', deployments }]]) }
    const view = coupledView(withOwn, { ...query, days: 90 }, 400 * day)
    expect(view).toMatchObject({ rows: [{ a: 'cart', b: 'till', together: days }], until: new Date(400 * day + 1).toISOString() })
  })

  it('says whose streams are as it was said last', () => {
    const past = pastOf()
    const said = (team: string) => new Owners([{ stream: 'cart', team, since: 0, by: 'ann', reason: undefined }])
    for (const team of ['Trade', 'Sales']) expect(look(past, { team }, said(team)).rows).toMatchObject([{ teamA: team, teamB: null }])
    expect(look(past).rows).toMatchObject([{ teamA: null }])
    expect(() => look(past, { team: 'Trade' }, said('Sales'))).toThrow('nobody said')
  })
})
