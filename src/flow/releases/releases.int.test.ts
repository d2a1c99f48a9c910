import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Instant } from '../../kernel/clock.ts'
import { event, type CloudEvent } from '../../ledger/event.ts'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import { flagChanged } from '../flags/events.ts'
import { slotsOf } from '../flags/slots.ts'
import type { ToldCommit } from '../history/commits.port.ts'
import type { Told } from '../history/history.port.ts'
import { CommitPacker, refsEvents } from '../history/record-commits.ts'
import { eventOf } from '../history/record.ts'
import type { ConstraintView } from '../constraint/schemas.ts'
import type { StreamFlowDetail } from '../measures/schemas.ts'
import { makeReleases } from './read.ts'
import type { Revision } from './releases.ts'
import { dark, killed, life, off, on, ramp } from './testing.ts'

const hour = 3_600_000
const begin = Date.UTC(2026, 2, 1)
const at = (hours: number) => new Date(begin + hours * hour).toISOString() as Instant
const sha = (n: number) => (n + 1).toString(16).padStart(8, '0').repeat(5)

/** A change an hour, in test half an hour after it was merged, and in production an hour after. */
const count = 6
const commits = Array.from({ length: count }, (_, n): ToldCommit => ({
  sha: sha(n),
  parents: n === 0 ? [] : [sha(n - 1)],
  authored: (begin + n * hour) / 1000,
  committed: (begin + n * hour) / 1000,
  subject: `change ${n} (#${n})`,
  files: 1,
  added: 1,
  deleted: 0,
  paths: ['a.ts'],
}))
const deployments = commits.flatMap((_, n) =>
  ['test', 'production'].map((environment, place): Told => ({
    kind: 'deployment',
    id: `${environment} ${n}`,
    at: at(n + (place + 1) / 2) as Told['at'],
    stream: 'shop',
    environment,
    version: `v${n}`,
    commit: sha(n),
  })),
)

/** Of six changes, with the first left out: one ramps to all, one is killed and comes back, one is dark, two nobody hides. */
const flags: readonly Revision[] = [
  ...life(
    'grows',
    [
      [0, off],
      [1, dark],
      [10, ramp(5)],
      [20, on],
    ],
    { change: sha(1) },
  ),
  ...life(
    'falls',
    [
      [0, on],
      [8, killed],
      [12, on],
    ],
    { change: '#2', service: 'shop' },
  ),
  ...life(
    'rests',
    [
      [0, off],
      [5, dark],
    ],
    { change: `acme/shop@${sha(3)}` },
  ),
  ...life('lost', [[0, off]], { change: '#99', service: 'shop' }),
  ...life('whole', [[0, off]], { service: 'shop' }),
]
const changed = ({ at: ms, revision, flag }: Revision): CloudEvent =>
  event(
    flagChanged,
    { id: `${flag.flag} ${revision}`, time: at(ms / hour), source: '/threeways/flags', subject: flag.flag },
    {
      flag: flag.flag,
      revision,
      change: 'state',
      by: 'ann',
      reason: 'a test',
      origin: 'api',
      environment: 'production',
      definition: flag,
      slots: slotsOf(flag, {}),
    },
  )

describe('when users got what flags hide', () => {
  let t: TestThreeways
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(() => t.close())

  const packed = () => {
    const packer = new CommitPacker('acme/shop')
    return [...commits.flatMap((one) => packer.add(one) ?? []), packer.take()!]
  }
  const trunk = { refs: new Map([['refs/heads/main', sha(count - 1)]]), head: sha(count - 1), trunk: 'refs/heads/main' }
  const history = (): readonly CloudEvent[] => [
    ...packed(),
    ...refsEvents('acme/shop', trunk, { repository: 'acme/shop', commits: 0, tips: [], cut: [], refs: {} }, begin),
    ...deployments.map((one) => eventOf(one, '/imports/shop')),
  ]
  const record = (events: readonly CloudEvent[]) => t.threeways.ledger.append(events)
  const shop = async (query = '') => (await t.ask('GET', `/api/flow/shop${query}`)).body as StreamFlowDetail
  const asOf = (hours: number) => `?rows=true&asOf=${at(hours)}`

  it('is told beside the lead time, with every change, and what was taken back', async () => {
    await record(history())
    const before = await shop('?rows=true')
    await record(flags.map(changed))
    const flow = await shop('?rows=true')
    const { released: told, rows, ...rest } = flow.changes!
    const { rows: rowsBefore, ...restBefore } = before.changes!
    expect(rest).toEqual(restBefore)
    expect(rowsBefore!.every((row) => !('release' in row))).toBe(true)
    expect(told).toMatchObject({
      in: 'production',
      hidden: 3,
      arrived: 3,
      released: 2,
      whole: 2,
      withdrawn: 1,
      killed: 1,
      withdrawnNow: 0,
      lost: ['lost'],
    })
    expect(rows!.map(({ release }) => release)).toEqual([
      { flags: ['grows'], first: at(10), whole: at(20), withdrawn: [] },
      { flags: ['falls'], first: at(3), whole: at(3), withdrawn: [{ since: at(8), until: at(12), killed: true }] },
      { flags: ['rests'], first: null, whole: null, withdrawn: [] },
      ...[4, 5].map((n) => ({ flags: [], first: at(n + 1), whole: at(n + 1), withdrawn: [] })),
    ])
    const { stages } = told!
    expect(stages.map(({ from, to, changes, ms }) => [from, to, changes, ms / hour])).toEqual([
      ['begun', 'merged', 4, 0],
      ['merged', 'test', 4, 2],
      ['test', 'production', 4, 2],
      ['production', 'released', 4, 8],
    ])
  })

  it('is the same in whatever order it is told and however often, and as of any earlier moment', async () => {
    const early = flags.filter(({ at: ms }) => ms <= 9 * hour)
    await record([...history(), ...early.map(changed)])
    const then = (await shop(asOf(9))).changes!
    expect(then.released).toMatchObject({ released: 1, withdrawn: 1, withdrawnNow: 1 })
    await record([...flags.toReversed().map(changed), ...flags.filter((_, n) => n % 2 === 0).map(changed)])
    expect((await shop(asOf(9))).changes).toEqual(then)
    const now = await makeReleases(t.threeways.ledger)()
    await t.restart()
    expect(await makeReleases(t.threeways.ledger)()).toEqual(now)
    expect((await shop(asOf(9))).changes).toEqual(then)
  })

  it('says the same to whoever looked all the time, and comes as a table', async () => {
    const look = makeReleases(t.threeways.ledger)
    await record(history())
    for (const revision of flags.toReversed()) {
      await look()
      await record([changed(revision)])
    }
    expect(await look()).toEqual(await makeReleases(t.threeways.ledger)())
    const { app, adminToken } = t.threeways
    const table = await app.request('/api/flow/shop/changes?format=csv', { headers: { authorization: `Bearer ${adminToken}` } })
    const [head, first] = (await table.text()).split('\r\n')
    expect(head).toMatch(/release\.flags,release\.first,release\.whole,release\.withdrawn\b/)
    expect(first).toContain(`grows,${at(10)},${at(20)}`)
  })

  it('is no part of what holds the stream up where flags hide so few', async () => {
    await record([...history(), ...flags.map(changed)])
    const constraint = (await t.ask('GET', '/api/constraint/shop')).body as ConstraintView
    expect(constraint.order.at(-1)).toBe('production')
    expect(constraint.sentences.at(-1)).toContain('behind flags')
  })

  it('follows what somebody does with a flag, without a deployment', async () => {
    await record(history())
    const document = {
      flag: 'new',
      owner: 'shop',
      purpose: 'release',
      expires: '2027-03-31',
      service: 'shop',
      change: '#4',
      environments: { production: { state: 'off' } },
    }
    const set = await t.ask('PUT', '/api/flags', { files: [{ document: JSON.stringify(document) }], reason: 'new' })
    expect(set.status).toBe(200)
    expect((await shop()).changes!.released).toMatchObject({ hidden: 1, released: 0 })
    await t.ask('POST', '/api/flags/new/stand', { environment: 'production', state: 'on', serve: 'on', reason: 'for all' })
    expect((await shop()).changes!.released).toMatchObject({ hidden: 1, released: 1, whole: 1 })
    await t.ask('POST', '/api/flags/new/kill', { reason: 'orders fail' })
    expect((await shop()).changes!.released).toMatchObject({ released: 1, killed: 1, withdrawnNow: 1 })
  })
})
