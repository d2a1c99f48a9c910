import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { Told } from './history.port.ts'
import { eventOf } from './record.ts'

const at = '2026-03-01T09:30:00.000Z' as Instant
const place = { at, stream: 'shop', environment: 'production' } as const
const change = { kind: 'change', at, repository: 'acme/shop', number: 7, head: 'a'.repeat(40) } as const
const run = { at, run: '42', name: 'Build & test', repository: 'acme/shop', commit: 'a'.repeat(40) } as const

const told: readonly Told[] = [
  { ...place, kind: 'deployment', id: '1', version: 'v2', previous: 'v1', commit: 'a'.repeat(40), by: 'ann' },
  { ...place, kind: 'deployment', id: '2', version: 'v3', failed: true },
  { ...place, kind: 'gate', id: '3', way: 'into', open: false },
  { ...place, kind: 'incident', phase: 'detected', id: '4', incident: 'INC-1', began: at, version: 'v2', summary: 'checkout is slow' },
  { ...place, kind: 'incident', phase: 'resolved', id: '5', incident: 'INC-1' },
  ...(['created', 'updated', 'reviewed', 'merged', 'abandoned'] as const).map((phase) => ({ ...change, phase, id: phase, approved: true })),
  { ...run, kind: 'run', phase: 'queued', id: '6' },
  { ...run, kind: 'run', phase: 'started', id: '7', url: 'https://ci.example/42' },
  { ...run, kind: 'run', phase: 'finished', outcome: 'success', id: '8' },
  { ...run, kind: 'task', task: 'unit tests', phase: 'started', queued: at, id: '9' },
  { ...run, kind: 'task', task: 'unit tests', phase: 'finished', outcome: 'failure', id: '10' },
]

describe('what others recorded', () => {
  let t: TestThreeways
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(() => t.close())

  it('is an event of the catalogue, whatever it is, once however often it is told', async () => {
    const { app, adminToken } = t.threeways
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/cloudevents-batch+json' }
    const body = JSON.stringify(told.map((one) => eventOf(one, '/hooks/github/acme/shop')))
    const record = async () => (await app.request('/api/events', { method: 'POST', headers, body })).json()
    expect(await record()).toMatchObject({ receipts: told.map(() => ({ duplicate: false })) })
    expect(await record()).toMatchObject({ receipts: told.map(() => ({ duplicate: true })) })
  })
})
