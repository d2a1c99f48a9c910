import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import type { CloudEvent } from '../../ledger/event.ts'
import type { ToldCommit } from '../history/commits.port.ts'
import type { Told, ToldDeployment } from '../history/history.port.ts'
import { CommitPacker, linkEvent, refsEvents } from '../history/record-commits.ts'
import { eventOf } from '../history/record.ts'
import type { CommitLineage } from './schemas.ts'

const hour = 3600
const begin = Date.UTC(2026, 2, 1) / 1000
const sha = (name: string) => Buffer.from(name.padEnd(20, '.')).toString('hex')
const commit = (name: string, hours: number, parents: readonly string[], more: Partial<ToldCommit> = {}): ToldCommit => ({
  sha: sha(name),
  parents: parents.map(sha),
  authored: begin + hours * hour,
  committed: begin + hours * hour,
  subject: name,
  files: 1,
  added: 3,
  deleted: 1,
  paths: ['src/a.ts'],
  ...more,
})
const deployment = (environment: string, hours: number, version: string, more: Partial<ToldDeployment> = {}): ToldDeployment => ({
  kind: 'deployment',
  id: `${environment} ${version} ${hours}`,
  at: new Date((begin + hours * hour) * 1000).toISOString() as Told['at'],
  stream: 'shop',
  environment,
  version,
  ...more,
})

/** A trunk with a side branch; a fix that was picked into a release; one that was taken back. */
const commits = [
  commit('root', 0, []),
  commit('one', 1, ['root'], { paths: ['docs/a.md'] }),
  commit('side', 1, ['root'], { authored: begin + hour / 2 }),
  commit('merge', 2, ['one', 'side'], {
    subject: 'Merge pull request #7 from side',
    files: undefined,
    added: undefined,
    deleted: undefined,
    paths: undefined,
  }),
  commit('fix', 3, ['merge']),
  commit('hotfix', 4, ['one'], { picked: [sha('fix')] }),
  commit('undo', 6, ['fix'], { reverts: [sha('side')] }),
]
const deployments = [
  deployment('test', 2.5, 'v1', { commit: sha('merge') }),
  deployment('test', 3.5, 'nine', { previous: 'v1', commit: sha('fix') }),
  deployment('test', 7, sha('undo').slice(0, 14), { previous: 'nine' }),
  deployment('production', 2.7, 'v0'),
  deployment('production', 4.5, sha('hotfix'), { previous: 'v0' }),
  deployment('production', 9, sha('undo'), { previous: 'nine' }),
]

describe('where a commit is', () => {
  let t: TestThreeways
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(() => t.close())

  const record = async (events: readonly CloudEvent[]) => {
    const { app, adminToken } = t.threeways
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/cloudevents-batch+json' }
    const response = await app.request('/api/events', { method: 'POST', headers, body: JSON.stringify(events) })
    expect(await response.text()).toContain('receipts')
  }
  const packed = (some: readonly ToldCommit[]) => {
    const packer = new CommitPacker('acme/shop')
    return [...some.flatMap((one) => packer.add(one) ?? []), packer.take()!]
  }
  const refs = (tags: Readonly<Record<string, string>>) => {
    const told = { refs: new Map(Object.entries(tags)), head: sha('undo'), trunk: 'refs/heads/main' }
    return refsEvents('acme/shop', told, { repository: 'acme/shop', commits: 0, tips: [], cut: [], refs: {} }, begin * 1000)
  }
  const all = () => [
    ...packed(commits),
    ...refs({ 'refs/heads/main': sha('undo'), 'refs/tags/v0': sha('one') }),
    ...deployments.map((one) => eventOf(one, '/imports/shop')),
  ]
  const where = async (name: string, query = '') => (await t.ask('GET', `/api/lineage/${sha(name)}${query}`)).body as CommitLineage
  const told = ({ streams }: CommitLineage) =>
    streams[0]!.environments.map(({ environment, links: [first] }) => [
      environment,
      first?.at.slice(11, 16),
      first?.reason,
      first?.doubt ?? null,
      first?.deployment === null ? 'missing' : 'on record',
    ])

  it('is said by the first deployment that contains it, or that has it under another name', async () => {
    await record(all())
    const side = await where('side')
    expect(told(side)).toEqual([
      ['test', '02:30', 'contains', 'first', 'on record'],
      ['production', '09:00', 'contains', 'gap', 'missing'],
    ])
    expect(side.reverts).toEqual([{ commit: sha('undo'), subject: 'undo' }])
    expect(side.streams[0]).toMatchObject({
      stream: 'shop',
      byName: true,
      toCome: [],
      change: { commit: sha('merge'), commits: 2, begun: '2026-03-01T00:30:00.000Z', merged: '2026-03-01T02:00:00.000Z' },
    })
    expect(side.streams[0]!.environments.map(({ undone }) => undone.map(({ through, at }) => [through, at.slice(11, 16)]))).toEqual([
      [[sha('undo'), '07:00']],
      [[sha('undo'), '09:00']],
    ])
    const fix = await where('fix')
    expect(told(fix)).toEqual([
      ['test', '03:30', 'is', null, 'on record'],
      ['production', '04:30', 'picked as', null, 'on record'],
    ])
    expect(fix.streams[0]!.environments[1]!.links.map(({ reason, through, confidence }) => [reason, through, confidence])).toEqual([
      ['picked as', sha('hotfix'), 0.95],
      ['is', null, 0.75],
    ])
  })

  it('was somewhere else as of an earlier moment: as if nothing had been committed, merged or deployed later', async () => {
    await record(all())
    const at = async (name: string, hours: number) => where(name, `?asOf=${new Date((begin + hours * hour) * 1000).toISOString()}`)
    const side = await at('side', 8)
    expect(side).toMatchObject({ asOf: '2026-03-01T08:00:00.000Z', reverts: [{ subject: 'undo' }] })
    // That another one had run in production was told by the one after it.
    expect(told(side)).toEqual([
      ['test', '02:30', 'contains', 'first', 'on record'],
      ['production', undefined, undefined, null, 'on record'],
    ])
    expect(side.streams[0]).toMatchObject({ toCome: ['production'], environments: [{ running: true }, { running: false }] })
    const before = await at('side', 5)
    expect([before.reverts, before.streams[0]!.environments[0]!.undone]).toEqual([[], []])
    expect((await at('side', 1.5)).streams).toEqual([])
    expect((await where('side', '?asOf=2026-03-01T01:30:00Z&stream=shop')).streams).toEqual([])
    const fix = await at('fix', 3.2)
    expect(fix.streams[0]).toMatchObject({ change: { commit: sha('fix') }, toCome: ['test', 'production'] })
    expect(fix.streams[0]!.environments.flatMap(({ links }) => links)).toEqual([])
    expect((await at('fix', 4.2)).streams[0]!.environments.map(({ links }) => links.length)).toEqual([1, 0])
    expect((await where('fix', '?asOf=2099-01-01T00:00:00Z')).streams).toEqual((await where('fix')).streams)
    const early = await t.ask('GET', `/api/lineage/${sha('fix')}?asOf=2026-03-01T02:00:00Z`)
    expect([early.status, early.body]).toMatchObject([404, { code: 'COMMIT_NOT_FOUND', detail: expect.stringContaining('no such commit') }])
    expect((await t.ask('GET', `/api/lineage/${sha('fix')}?asOf=yesterday`)).status).toBe(400)
  })

  it('comes by what its request was squashed into, as its host told, and by a rebase', async () => {
    const branch = [commit('first', 1, ['root']), commit('second', 2, ['first'])]
    const trunk = [
      commit('root', 0, []),
      commit('squash', 3, ['root']),
      commit('again', 4, ['squash'], { authored: begin + hour, subject: 'first' }),
    ]
    await record([...packed([...trunk, ...branch]), eventOf(deployment('production', 5, sha('squash')), '/imports/shop')])
    await record([eventOf(deployment('production', 6, sha('again'), { previous: sha('squash') }), '/imports/shop')])
    const linked = async () => (await where('first')).streams[0]!.environments[0]!.links.map(({ reason, through }) => [reason, through])
    expect(await linked()).toEqual([['rebased as', sha('again')]])
    const request = { kind: 'change', repository: 'acme/shop', number: 7, head: sha('second'), merge: sha('squash') } as const
    await record([eventOf({ ...request, id: '7', at: deployments[0]!.at, phase: 'merged' }, '/hooks/acme')])
    expect(await linked()).toEqual([
      ['squashed into', sha('squash')],
      ['rebased as', sha('again')],
    ])
  })

  it('is the same in whatever order it is told, and shows what is still to come', async () => {
    const early = all().filter(({ time }) => time! < new Date((begin + 5 * hour) * 1000).toISOString())
    await record(early)
    expect(await where('fix')).toMatchObject({ code: 'COMMIT_NOT_FOUND' })
    await record([...packed(commits.toReversed().slice(0, 4)), ...packed(commits), ...refs({ 'refs/heads/main': sha('undo') })])
    expect((await where('side')).streams[0]).toMatchObject({
      toCome: ['production'],
      environments: [{}, { environment: 'production', links: [], running: false }],
    })
    await record(all().toReversed())
    const found = await where('side')
    expect(told(found)[1]).toEqual(['production', '09:00', 'contains', 'gap', 'missing'])
    expect(found.streams[0]!.environments.map(({ running }) => running)).toEqual([true, true])
  })

  it('is asked of the streams that are built from it, and of their paths', async () => {
    await record([...all(), linkEvent('shop', 'acme/shop', ['src'], begin * 1000), linkEvent('docs', 'acme/shop', ['docs'], begin * 1000)])
    await record([eventOf(deployment('production', 8, sha('fix'), { stream: 'docs', id: 'docs' }), '/imports/shop')])
    expect((await where('one')).streams.map(({ stream, touched }) => [stream, touched])).toEqual([
      ['docs', true],
      ['shop', false],
    ])
    expect((await where('one', '?stream=docs')).streams).toHaveLength(1)
    expect(await t.ask('GET', `/api/lineage/${sha('one')}?stream=cart`)).toMatchObject({ status: 404, body: { code: 'STREAM_NOT_FOUND' } })
    expect(await t.ask('GET', '/api/lineage/0123456')).toMatchObject({ status: 404, body: { code: 'COMMIT_NOT_FOUND' } })
    expect((await t.ask('GET', `/api/lineage/${sha('merge').slice(0, 9)}`)).body).toMatchObject({
      subject: 'Merge pull request #7 from side',
    })
  })

  it('makes the flow of a stream one of changes, too', async () => {
    await record(deployments.map((one) => eventOf(one, '/imports/shop')))
    expect((await t.ask('GET', '/api/flow/shop')).body).not.toHaveProperty('changes')
    expect(await t.ask('GET', '/api/flow/shop/changes')).toMatchObject({ status: 404, body: { code: 'COMMITS_UNKNOWN' } })
    await record(all())
    expect((await t.ask('GET', '/api/flow/shop?rows=true')).body).toMatchObject({
      changes: {
        repositories: ['acme/shop'],
        changes: 3,
        before: 2,
        reached: 3,
        rows: [{ subject: 'side (#7)' }, { subject: 'fix', by: 'nine', doubt: 'gap' }, { subject: 'undo', doubt: null }],
      },
    })
    expect((await t.ask('GET', '/api/flow/shop/changes')).body).toMatchObject({ changes: 3, rows: [{}, {}, { subject: 'undo' }] })
    const keys = (await t.ask('GET', '/api/keys/shop')).body
    expect(keys).toMatchObject({
      leadFrom: 'commit',
      lead: { count: 3, ended: 3 },
      definitions: { lead: expect.stringContaining('first commit') },
    })
    expect((await t.ask('GET', '/api/keys')).body).toMatchObject({ streams: [{ stream: 'shop', leadFrom: 'commit', lead: { count: 3 } }] })
  })
})
