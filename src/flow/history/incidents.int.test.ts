import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Instant } from '../../kernel/clock.ts'
import { event } from '../../ledger/event.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { openTestLedger } from '../../ledger/testing.ts'
import * as history from './events.ts'
import type { Told } from './history.port.ts'
import { deploymentFailures, incidentHistory } from './projection.ts'
import { eventOf } from './record.ts'

const minute = (n: number) => `2026-03-01T09:${String(n).padStart(2, '0')}:00.000Z` as Instant
const inc = { kind: 'incident', stream: 'shop', environment: 'production', incident: 'INC-1' } as const
const told: readonly Told[] = [
  { ...inc, phase: 'detected', id: '1', at: minute(10), began: minute(8), version: 'v2', summary: 'slow' },
  { ...inc, phase: 'detected', id: '2', at: minute(12), version: 'v3', summary: 'slow, and wrong' },
  { ...inc, phase: 'resolved', id: '3', at: minute(20) },
  { ...inc, phase: 'resolved', id: '4', at: minute(30) },
  { kind: 'deployment', failed: true, stream: 'shop', environment: 'production', version: 'v4', id: '5', at: minute(25) },
]
const judged = (id: string, at: Instant, deployment?: string) =>
  event(
    history.incidentAttributed,
    { id, time: at, source: '/threeways', subject: 'INC-1' },
    {
      stream: 'shop',
      environment: 'production',
      incident: 'INC-1',
      by: 'ann',
      reason: 'the graphs',
      ...(deployment === undefined ? {} : { deployment }),
    },
  )
const events = [...told.map((one) => eventOf(one, '/ci')), judged('a', minute(40), '/ci#d'), judged('b', minute(50))]
const ownTypes = Object.values(history)

describe('incidents', () => {
  it('are the same in whatever order they are told, and however often', async () => {
    const order = fc.array(fc.nat(events.length - 1), { maxLength: 4 }).chain((more) =>
      fc.shuffledSubarray([...events.keys(), ...more.map((index) => index + events.length)], {
        minLength: events.length + more.length,
      }),
    )
    await fc.assert(
      fc.asyncProperty(order, async (indexes) => {
        const test = await openTestLedger({ projections: [incidentHistory, deploymentFailures] as never, ownTypes })
        try {
          for (const index of indexes) await test.ledger.append([events[index % events.length]!])
          expect(await rowsOf(test.ledger.db, incidentHistory).selectAll().execute()).toMatchObject([
            {
              detected: expect.stringContaining('09:10'),
              began: minute(8),
              resolved: expect.stringContaining('09:30'),
              version: 'v2',
              summary: 'slow, and wrong',
              attributedTo: null,
              attributed: expect.stringContaining('09:50'),
            },
          ])
          expect(await rowsOf(test.ledger.db, deploymentFailures).select(['deployment', 'version']).execute()).toEqual([
            { deployment: '/ci#5', version: 'v4' },
          ])
        } finally {
          await test.close()
        }
      }),
      { numRuns: 6 },
    )
  })
})
