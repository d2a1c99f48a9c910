import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../../server/testing.ts'
import type { CloudEvent } from '../../../ledger/event.ts'
import type { Run } from '../../builds/builds.ts'
import type { Told } from '../../history/history.port.ts'
import { CommitPacker, refsEvents } from '../../history/record-commits.ts'
import { eventOf } from '../../history/record.ts'
import type { WhatIfView } from '../schemas.ts'
import { simulatedCi } from './testing.ts'

const minute = 60_000
const at = (ms: number) => new Date(ms).toISOString() as Told['at']

/** Four weeks of pushes to a trunk, each built on two runners and then deployed. */
const runs = simulatedCi({ weeks: 4, seed: 3, perHour: 1, waitsFor: { runners: 2 } })

function toldOf({ run, commit, queued, started, finished, jobs }: Run): readonly Told[] {
  const common = { run, name: 'CI', repository: 'acme/shop', commit: commit!, stream: 'shop' } as const
  const deployment = (environment: string, after: number) =>
    ({
      kind: 'deployment',
      id: `${environment} ${run}`,
      at: at(finished! + after),
      stream: 'shop',
      environment,
      version: commit!,
      commit: commit!,
    }) as const
  return [
    { ...common, kind: 'run', phase: 'queued', id: `${run} q`, at: at(queued!) },
    { ...common, kind: 'run', phase: 'started', id: `${run} s`, at: at(started!) },
    { ...common, kind: 'run', phase: 'finished', id: `${run} f`, at: at(finished!), outcome: 'success' },
    ...jobs.flatMap((job, n): readonly Told[] => {
      const task = { ...common, kind: 'task', task: `${run}/${n}`, name: job.name } as const
      return [
        { ...task, phase: 'started', id: `job ${task.task} s`, at: at(job.started!), queued: at(job.queued!) },
        { ...task, phase: 'finished', id: `job ${task.task} f`, at: at(job.finished!), outcome: 'success' },
      ]
    }),
    deployment('test', 2 * minute),
    deployment('production', 15 * minute),
  ]
}

describe('more runners, or fewer', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
    const packer = new CommitPacker('acme/shop')
    const commits = runs.flatMap(({ commit, queued }, n) => {
      const second = Math.floor(queued! / 1000)
      const parents = n === 0 ? [] : [runs[n - 1]!.commit!]
      return packer.add({ sha: commit!, parents, authored: second, committed: second, subject: `change ${n}` }) ?? []
    })
    const head = runs.at(-1)!.commit!
    const stood = { refs: new Map([['refs/heads/main', head]]), head, trunk: 'refs/heads/main' }
    const whole = { repository: 'acme/shop', commits: 0, tips: [], cut: [], refs: {} }
    await send([...commits, packer.take()!, ...refsEvents('acme/shop', stood, whole, runs.at(-1)!.finished!)])
    const told = runs.flatMap(toldOf).map((one) => eventOf(one, '/hooks/github/acme/shop'))
    for (let from = 0; from < told.length; from += 450) await send(told.slice(from, from + 450))
  })
  afterAll(() => t.close())

  async function send(events: readonly CloudEvent[]) {
    const headers = { authorization: `Bearer ${t.threeways.adminToken}`, 'content-type': 'application/cloudevents-batch+json' }
    const response = await t.threeways.app.request('/api/events', { method: 'POST', headers, body: JSON.stringify(events) })
    expect(await response.text()).toContain('receipts')
  }
  const ask = (change: string, stream = 'shop', more = '') =>
    t.ask('GET', `/api/whatif/${stream}?change=${encodeURIComponent(change)}${more}`)

  it('are simulated with the jobs of the history: how long these wait, and how long changes take from their merge', async () => {
    const view = (await ask('runners +2')).body as WhatIfView
    expect(view).toMatchObject({ order: ['test', 'production'], cannotSay: null, queue: { runners: 2, changed: 4, of: 'stream' } })
    const { queue, base, changed, difference } = view
    expect(queue!.after.p85.value!).toBeLessThan(queue!.base.p85.value! / 2)
    expect(queue!.difference.mean.high!).toBeLessThan(0)
    expect(changed!.p50.value!).toBeLessThan(base!.p50.value!)
    // What half of the changes save is a part of what their jobs waited.
    expect(-difference!.p50.value! / minute).toBeGreaterThan(1)
    expect(changed!.p50.low).toBeLessThanOrEqual(changed!.p50.value!)
    expect(view.sentences[0]).toMatch(/^[\d,]+ jobs of shop waited for 2 runners, which were busy for \d+ % of the time\.$/)
    const fewer = (await ask('runners -1')).body as WhatIfView
    expect(fewer.queue!.difference.mean.low!).toBeGreaterThan(0)
    expect(fewer.changed!.p85.value!).toBeGreaterThan(fewer.base!.p85.value!)
  })

  it('are not told of where there are no more, too few jobs by then, or something else is changed with them', async () => {
    expect((await ask('runners -2')).body).toMatchObject({ base: null, cannotSay: 'no more than 2 runners are known of' })
    const early = (await ask('runners +2', 'shop', `&asOf=${at(runs[5]!.finished!)}`)).body as WhatIfView
    expect(early.cannotSay).toMatch(/^of \d+ jobs it is known how long they waited; it takes 50$/)
    expect(await ask('runners +2, batch max 1')).toMatchObject({ status: 400, body: { code: 'CHANGE_INVALID' } })
    expect(await ask('runners 2')).toMatchObject({ status: 400, body: { code: 'CHANGE_INVALID' } })
    expect(await ask('runners +2', 'moon')).toMatchObject({ status: 404, body: { code: 'STREAM_NOT_FOUND' } })
    const kept = await t.ask('POST', '/api/whatif/shop', { change: 'runners +2' })
    expect(kept).toMatchObject({ status: 422, body: { code: 'PREDICTION_IMPOSSIBLE' } })
  })

  it('are told of the wait alone where nothing is known of deployments', async () => {
    await send(
      runs
        .flatMap(toldOf)
        .flatMap((one) =>
          one.kind === 'task'
            ? [eventOf({ ...one, id: `c ${one.id}`, stream: 'cart', repository: undefined, commit: undefined }, '/ci/cart')]
            : [],
        )
        .slice(0, 800),
    )
    const view = (await ask('runners +1', 'cart')).body as WhatIfView
    expect(view).toMatchObject({
      order: [],
      base: null,
      queue: { runners: 2, changed: 3 },
      cannotSay: expect.stringContaining('of 0 changes'),
    })
    expect(view.sentences).toHaveLength(3)
  })
})
