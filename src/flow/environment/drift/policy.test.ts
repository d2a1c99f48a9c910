import { describe, expect, it } from 'vitest'
import { driftsIn } from './compare.ts'
import type { Drift, EnvironmentFacts, InstanceFacts } from './facts.port.ts'
import { confirm, confirmAfterMs, healingsMax, healingWindowMs, responseTo } from './policy.ts'

const frozen: Drift = { kind: 'process-frozen', subject: 'web', expected: 'it runs', observed: 'stopped', evidence: '1' }
const candidate = `sha256:${'a'.repeat(64)}` as const
const well: InstanceFacts = {
  service: 'web',
  replica: 0,
  launches: 1,
  alive: true,
  given: undefined,
  frozen: [],
  candidate,
  runs: candidate,
  variables: [],
  command: undefined,
  limits: undefined,
  port: { port: 20_000, own: true, foreign: [] },
}
const facts: EnvironmentFacts = {
  mode: 'alert',
  revision: 1,
  instances: [well],
  replicas: [{ service: 'web', wanted: 1, there: 1 }],
  strangers: [],
  record: 'as written',
  addresses: [{ service: 'web', port: 30_000, found: 30_000 }],
  resources: [{ name: 'db', exists: true, role: { expected: 'login', observed: 'login' }, schema: undefined }],
  artifacts: [],
}
const with_ = (change: Partial<InstanceFacts>): EnvironmentFacts => ({ ...facts, instances: [{ ...well, ...change }] })
const kinds = (of: EnvironmentFacts) => driftsIn(of).map(({ kind }) => kind)

describe('what was made and what is', () => {
  it('finds nothing where nothing differs, or where the machine does not tell', () => {
    expect(driftsIn(facts)).toEqual([])
    expect(kinds(with_({ runs: undefined, port: undefined }))).toEqual([])
    expect(kinds({ ...facts, resources: undefined })).toEqual([])
  })

  it('names each thing that differs once', () => {
    expect(kinds(with_({ alive: false, frozen: [1], port: undefined }))).toEqual(['process-gone'])
    expect(kinds(with_({ frozen: [4711] }))).toEqual(['process-frozen'])
    expect(kinds(with_({ runs: `sha256:${'b'.repeat(64)}`, variables: ['LEVEL is another'] }))).toEqual(['candidate', 'variables'])
    expect(kinds(with_({ port: { port: 20_000, own: false, foreign: [] } }))).toEqual(['port-closed'])
    expect(kinds(with_({ port: { port: 20_000, own: true, foreign: ['process 7 (nc)'] } }))).toEqual(['port-foreign'])
    expect(kinds({ ...facts, replicas: [{ service: 'web', wanted: 2, there: 1 }] })).toEqual(['replicas'])
    expect(kinds({ ...facts, addresses: [{ service: 'web', port: 30_000, found: 30_001 }] })).toEqual(['address'])
    expect(kinds({ ...facts, record: 'changed', strangers: [{ pid: 9, command: 'sh' }] })).toEqual(['process-foreign', 'record'])
  })
})

describe('one look is no finding', () => {
  it('believes what two looks agree on, some time apart', () => {
    const first = confirm(new Map(), [frozen], 1_000)
    expect(first.confirmed).toEqual([])
    expect(confirm(first.seen, [frozen], 1_000 + confirmAfterMs - 1).confirmed).toEqual([])
    expect(confirm(first.seen, [frozen], 1_000 + confirmAfterMs).confirmed).toEqual([frozen])
  })

  it('begins again when it was gone in between, or when it is another process', () => {
    const first = confirm(new Map(), [frozen], 0)
    expect(confirm(confirm(first.seen, [], 500).seen, [frozen], 1_000).confirmed).toEqual([])
    expect(confirm(first.seen, [{ ...frozen, evidence: '2' }], 1_000).confirmed).toEqual([])
  })
})

describe('what is done about it', () => {
  it('is told, unless the definition asks for more', () => {
    expect(responseTo('alert', frozen, [], 0)).toBe('alert')
    expect(responseTo('heal', frozen, [], 0)).toBe('heal')
  })

  it('is never more than told of data, and of services that are not to be started again', () => {
    for (const kind of ['resource-missing', 'resource-role', 'resource-schema', 'process-gone'] as const)
      expect(responseTo('heal', { ...frozen, kind }, [], 0)).toBe('alert')
  })

  it('ends when it comes back again and again, and begins anew after a while', () => {
    const times = Array.from({ length: healingsMax }, (_, index) => index * 1_000)
    expect(responseTo('heal', frozen, times.slice(1), 5_000)).toBe('heal')
    expect(responseTo('heal', frozen, times, 5_000)).toBe('given-up')
    expect(responseTo('heal', frozen, times, 5_000 + healingWindowMs)).toBe('heal')
  })
})
