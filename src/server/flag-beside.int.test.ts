import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Told } from '../flow/history/history.port.ts'
import { eventOf } from '../flow/history/record.ts'
import { openTestThreeways, type TestThreeways } from './testing.ts'

let t: TestThreeways
beforeAll(async () => {
  t = await openTestThreeways()
})
afterAll(() => t.close())

const flag = 'flag: chat\nowner: talk\npurpose: operations\nservice: shop\nenvironments: {production: {state: off}}\n'
const publish = (document: string) => t.ask('PUT', '/api/flags', { files: [{ document }], reason: 'a test' })
const beside = async (name = 'chat') => (await t.ask('GET', `/api/flags/${name}/beside`)).body
const tell = async (told: readonly Told[]) => {
  const headers = { authorization: `Bearer ${t.threeways.adminToken}`, 'content-type': 'application/cloudevents-batch+json' }
  const body = JSON.stringify(told.map((one) => eventOf(one, '/ci')))
  expect((await t.threeways.app.request('/api/events', { method: 'POST', headers, body })).ok).toBe(true)
}

it('a flag says what happened to its service while it lived', async () => {
  await publish(flag)
  const { at } = ((await t.ask('GET', '/api/flags/chat')).body as { latest: { at: string } }).latest
  const after = (seconds: number) => new Date(Date.parse(at) + seconds * 1_000).toISOString() as Told['at']
  const place = { stream: 'shop', environment: 'production' } as const
  const deployed = (id: string, when: Told['at'], where: object = place): Told =>
    ({ ...place, ...where, kind: 'deployment', id, at: when, version: id }) as Told
  const incident = (phase: 'detected' | 'resolved', when: Told['at'], environment = 'production'): Told => ({
    ...place,
    environment,
    kind: 'incident',
    phase,
    id: phase + environment,
    at: when,
    incident: `INC-${environment}`,
  })
  await tell([
    deployed('before', after(-60)),
    deployed('v2', after(1)),
    deployed('elsewhere', after(2), { environment: 'staging' }),
    deployed('other', after(2), { stream: 'till' }),
    incident('detected', after(3)),
    incident('resolved', after(9)),
    incident('detected', after(4), 'staging'),
  ])
  expect(await beside()).toEqual({
    service: 'shop',
    deployments: [{ environment: 'production', at: after(1), version: 'v2', commit: null, back: false }],
    incidents: [{ incident: 'INC-production', environment: 'production', at: after(3), over: after(9), summary: null }],
    left: { deployments: 0, incidents: 0 },
  })
})

it('one without a service says that nothing is known', async () => {
  await publish(flag.replace('service: shop\n', '').replace('chat', 'search'))
  expect(await beside('search')).toMatchObject({ service: null, deployments: [], incidents: [] })
  expect(await beside('nix')).toMatchObject({ code: 'FLAG_NOT_FOUND' })
})
