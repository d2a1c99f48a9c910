import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import type { Outcome, Told } from '../history/history.port.ts'
import { CommitPacker, refsEvents } from '../history/record-commits.ts'
import { eventOf } from '../history/record.ts'
import type { CloudEvent } from '../../ledger/event.ts'
import type { StreamFlowDetail } from '../measures/schemas.ts'
import { makeBuilds } from './read.ts'
import type { BuildRow, BuildsView } from './schemas.ts'

const minute = 60_000
const at = (minutes: number) => new Date(Date.UTC(2025, 0, 6) + minutes * minute).toISOString() as Told['at']
type Named = {
  readonly run: string
  readonly attempt?: number
  readonly stream?: string | undefined
  readonly repository?: string
  readonly commit?: string
}

/** A run with one job: asked for, begun and over so many minutes after the first. */
function run(
  named: Named,
  asked: number,
  begun: number | undefined,
  over: number | undefined,
  outcome: Outcome = 'success',
): readonly Told[] {
  const common = { name: 'CI', commit: 'a'.repeat(40), stream: 'shop', ...named } as const
  const job = { ...common, kind: 'task', task: `${named.run}-1`, name: 'tests' } as const
  const all: readonly (Told | false)[] = [
    { ...common, kind: 'run', phase: 'queued', id: `${named.run} q`, at: at(asked) },
    begun !== undefined && { ...common, kind: 'run', phase: 'started', id: `${named.run} s`, at: at(begun) },
    begun !== undefined && { ...job, phase: 'started', id: `${named.run} js`, at: at(begun), queued: at(asked) },
    over !== undefined && { ...job, phase: 'finished', id: `${named.run} jf`, at: at(over), outcome },
    over !== undefined && { ...common, kind: 'run', phase: 'finished', id: `${named.run} f`, at: at(over), outcome },
  ]
  return all.filter((one) => one !== false)
}

const told = [
  ...run({ run: '1' }, 0, 2, 12),
  ...run({ run: '2' }, 10, 14, 34, 'failure'),
  ...run({ run: '2.2', attempt: 2 }, 40, 46, 56),
  ...run({ run: '3' }, 60, 61, 62, 'cancel'),
  ...run({ run: '4' }, 70, 78, undefined),
  ...run({ run: '5' }, 80, undefined, undefined),
  ...run({ run: '6', stream: 'cart' }, 90, 91, 92),
  // Nobody says which stream it is of, but it is built from the repository of its name.
  ...run({ run: '7', stream: undefined, repository: 'acme/shop' }, 100, 101, 111),
]

describe('the board of builds', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
    await record(told.toReversed())
    await record(told.filter((_, n) => n % 3 === 0))
  })
  afterAll(() => t.close())

  const record = (events: readonly Told[]) => send(events.map((one) => eventOf(one, '/ci/acme')))
  async function send(events: readonly CloudEvent[]) {
    const headers = { authorization: `Bearer ${t.threeways.adminToken}`, 'content-type': 'application/cloudevents-batch+json' }
    const body = JSON.stringify(events)
    expect((await t.threeways.app.request('/api/events', { method: 'POST', headers, body })).ok).toBe(true)
  }
  const board = async (path: string) => (await t.ask('GET', `/api/builds${path}`)).body as BuildsView
  const minutes = ({ p50, p85 }: NonNullable<BuildRow['queue']>) => [p50, p85].map(({ value }) => value && value / minute)

  it('says how long pipelines and jobs wait and last, how they end and which are run again, with what still waits and runs', async () => {
    const { rows } = await board('/shop')
    const [whole, tests] = ['CI', 'CI'].map((name, n) =>
      rows.find(({ pipeline, job }) => pipeline === name && (job === null) === (n === 0))!,
    )
    expect(whole).toMatchObject({ runs: 7, finished: 5, reruns: 1, success: { share: 0.75, of: 4 } })
    expect(minutes(whole!.queue!)).toEqual([4, 8])
    // One still runs, for longer than all others.
    expect(minutes(whole!.duration!)).toEqual([10, null])
    expect(tests).toMatchObject({ job: 'tests', runs: 6, queue: { count: 6 }, reruns: 1 })
    expect((await board('')).rows.find(({ job }) => job === null)).toMatchObject({ runs: 8 })
  })

  it('is of a window, and as of any moment', async () => {
    const [whole] = (await board(`/shop?since=${at(10)}&until=${at(60)}&asOf=${at(30)}`)).rows
    expect(whole).toMatchObject({ runs: 1, finished: 0, success: null, duration: { p50: { value: null } } })
    expect((await board(`/shop?since=${at(500)}&until=${at(600)}`)).rows).toEqual([])
  })

  it('is the same to whoever looked all the time, of runs that are told late as well', async () => {
    const look = makeBuilds(t.threeways.ledger)
    await look()
    await record(run({ run: '8', stream: 'late' }, 5, 6, 7))
    await record([
      { kind: 'task', phase: 'finished', id: 'alone', run: '9', task: '1', name: 'lint', at: at(3), outcome: 'error', stream: 'late' },
    ])
    await look()
    // A task that says of no run which it is of.
    const lost = eventOf(
      { kind: 'task', phase: 'finished', id: 'lost', run: '9', task: '2', name: 'lint', at: at(4), outcome: 'error' },
      '/ci/acme',
    )
    const { pipelineRun: _, ...content } = lost.data.subject.content as Record<string, unknown>
    await send([{ ...lost, data: { ...lost.data, subject: { ...lost.data.subject, content } } } as CloudEvent])
    const [now, anew] = await Promise.all([look(), makeBuilds(t.threeways.ledger)()])
    const sorted = (builds: typeof now) => [...builds].toSorted((a, b) => (a.run < b.run ? -1 : 1))
    expect(sorted(now)).toEqual(sorted(anew))
    expect(now.count).toBe(anew.count)
    expect((await board('/late')).rows).toMatchObject([
      { pipeline: 'CI', runs: 1 },
      { pipeline: 'CI', job: 'tests' },
      { pipeline: null, job: 'lint', queue: null, duration: null, success: { share: 0 } },
    ])
  })

  it('does not believe that anything ended before it began', async () => {
    await record(run({ run: '10', stream: 'odd' }, 9, 8, 3))
    expect((await board('/odd')).rows[0]).toMatchObject({ runs: 1, finished: 1, queue: null, duration: null })
    // Nor what others write where a time, a number or a name should be.
    const job = { kind: 'task', run: '11', task: '1', name: 'tests', stream: 'strange' } as const
    const begun = { ...job, phase: 'started', id: 'strange s', at: at(5), queued: 'soon' as Told['at'], attempt: 1.5 } as const
    const zoned = {
      ...job,
      phase: 'started',
      task: '2',
      id: 'zoned s',
      at: at(5),
      queued: '2025-01-06T01:03:00+01:00' as Told['at'],
    } as const
    const over = { ...job, phase: 'finished', at: at(9), outcome: 'success', commit: 'c'.repeat(5000), attempt: 1e300 } as const
    await record([begun, zoned, { ...over, id: 'strange f' }, { ...over, id: 'zoned f', task: '2' }])
    const [tests] = (await board('/strange')).rows
    expect(tests).toMatchObject({ runs: 2, finished: 2, queue: { count: 1, p50: { value: 2 * minute } }, reruns: 0 })
  })

  it('is a stage of the lead time of changes, over HTTP, and a part of which it is known whether it was work', async () => {
    const sha = (n: number) => String(n).repeat(40)
    const commits = Array.from({ length: 3 }, (_, n) => ({
      sha: sha(n + 1),
      parents: n === 0 ? [] : [sha(n)],
      authored: Date.parse(at(n * 60)) / 1000,
      committed: Date.parse(at(n * 60 + 10)) / 1000,
      subject: `change ${n}`,
    }))
    const packer = new CommitPacker('acme/line')
    const packed = [...commits.flatMap((one) => packer.add(one) ?? []), packer.take()!]
    const stood = { refs: new Map([['refs/heads/main', sha(3)]]), head: sha(3), trunk: 'refs/heads/main' }
    const whole = { repository: 'acme/line', commits: 0, tips: [], cut: [], refs: {} }
    await send([...packed, ...refsEvents('acme/line', stood, whole, Date.parse(at(130)))])
    const deployment = (environment: string, n: number, minutes: number) =>
      ({
        kind: 'deployment',
        id: `${environment} ${n}`,
        at: at(minutes),
        stream: 'line',
        environment,
        version: sha(n),
        commit: sha(n),
      }) as const
    await record([
      ...[1, 2, 3].flatMap((n) => [deployment('test', n, n * 60 - 20), deployment('production', n, n * 60 - 10)]),
      ...run({ run: '20', stream: 'line', repository: 'acme/line', commit: sha(2) }, 71, 75, 95),
      ...run({ run: '21', stream: 'line', repository: 'acme/line', commit: sha(3) }, 131, 145, 155, 'failure'),
    ])
    const { changes } = (await t.ask('GET', '/api/flow/line')).body as StreamFlowDetail
    expect(changes!.stages.map(({ from, to, ms, working }) => [from, to, ms / minute, working / minute])).toEqual([
      ['begun', 'merged', 20, 0],
      ['merged', 'build', 20, 0],
      ['build', 'built', 30, 30],
      ['built', 'test', 10, 0],
      ['test', 'production', 20, 0],
    ])
    expect(changes!.efficiency).toMatchObject({
      changes: 2,
      share: 0.5,
      known: 0.6,
      low: null,
      definition: expect.stringContaining('review'),
    })
  })

  it('knows our own deliveries and their steps', async () => {
    const pipeline = { stages: [{ name: 'dev', environment: 'dev' }] }
    const definition = {
      name: 'own',
      services: { web: { 'x-run': { command: ['sleep', '600'] } } },
      'x-threeways': { version: 1, artifact: { build: ['true'], pack: ['app'] }, environments: { dev: {} }, pipeline },
    }
    await t.author.write({ 'threeways.yaml': JSON.stringify(definition), app: 'one' })
    await t.author.commit('one')
    await t.ended((await t.deliver()).id)
    const { rows } = await board('/own')
    expect(rows.find(({ job }) => job === 'build 1')).toMatchObject({ pipeline: 'own', runs: 1, finished: 1, success: { share: 1 } })
  })

  it('comes as a table, and says that nothing is known', async () => {
    const { app, adminToken } = t.threeways
    const csv = await app.request('/api/builds/shop?format=csv', { headers: { authorization: `Bearer ${adminToken}` } })
    expect((await csv.text()).split('\r\n')[0]).toMatch(/^pipeline,job,runs,finished,queue\.count,queue\.p50\.value,/)
    expect(await t.ask('GET', '/api/builds/moon')).toMatchObject({ status: 404, body: { code: 'BUILDS_UNKNOWN' } })
    expect((await t.ask('GET', `/api/builds?since=${at(3)}&until=${at(2)}`)).status).toBe(400)
    expect((await t.ask('GET', '/api/builds?days=0')).status).toBe(400)
  })
})
