import type { Attestations, MachineView } from '../src/api/types.ts'
import { digestOf } from './build-fixtures.ts'

const keyid = digestOf('key').slice(7)
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

/** What was signed about any candidate. */
export function attestationsOf(candidate: string): Attestations {
  const signed = (kind: Attestations['attestations'][number]['kind'], minutes: number, more: object = {}) => ({
    statement: digestOf(`${candidate} ${kind} ${minutes}`),
    kind,
    run: null,
    keyid,
    stage: null,
    check: null,
    result: null,
    madeAt: minutesAgo(minutes),
    envelope: {},
    ...more,
  })
  return {
    candidate,
    attestations: [
      signed('provenance', 14),
      signed('verification-summary', 13, { stage: 'test', result: 'PASSED' }),
      signed('test-result', 11, { stage: 'test', check: 'integration', result: 'PASSED' }),
    ],
    proof: { holds: true, components: 118, findings: [{ what: 'the provenance', wrong: null }] },
  }
}

/** A server and a worker that is away. */
export function machinesOf(): MachineView[] {
  const machine = { labels: { os: 'linux', arch: 'x64' }, capacity: 8, url: null }
  return [
    { ...machine, id: 'a', name: 'alpha', role: 'server', busy: 2, state: 'at work', seenAt: minutesAgo(0) },
    { ...machine, id: 'b', name: 'builder-7', role: 'worker', busy: 0, state: 'away', seenAt: minutesAgo(26) },
  ]
}
