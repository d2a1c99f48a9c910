import { writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { event } from '../../../ledger/event.ts'
import { holdPlaced } from '../../deployment/events.ts'
import { openTestThreeways, statesOf, type TestThreeways } from '../../../server/testing.ts'

/** `untilGo` ends once a file `go` is in the checkout. As a check it may not run twice: a server's end leaves it to a person. */
const untilGo = ['sh', '-c', 'while ! test -f go; do sleep 0.02; done']
const definition = (stages: object[], build: string[]) =>
  JSON.stringify({
    name: 'shop',
    services: { web: { 'x-run': { command: ['sleep', '600'] } } },
    'x-threeways': {
      version: 1,
      artifact: { build: [build], pack: ['app'] },
      environments: { lab: {} },
      checks: { gate: { run: untilGo } },
      pipeline: { stages },
    },
  })

describe('what people do to a run', () => {
  let t: TestThreeways
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(() => t.close())

  async function deliver(stages: object[], message: string, { build = ['true'], ...files }: { build?: string[]; go?: string } = {}) {
    await t.author.write({ 'threeways.yaml': definition(stages, build), app: message, ...files })
    await t.author.commit(message)
    return (await t.deliver()).id
  }
  const go = (run: string) => writeFile(path.join(t.home.work, 'runs', run, 'first', 'source', 'go'), '')
  const rerun = (id: string, from: string) => t.ask('POST', `/api/runs/${id}/rerun`, { from, reason: 'look again' })
  const cancel = (id: string) => t.ask('POST', `/api/runs/${id}/cancel`, { reason: 'not now' })

  it('never leaves a stage taken: what is in one and unsettled cannot be begun before it', async () => {
    const stages = [{ name: 'dev' }, { name: 'test', after: ['dev'], checks: ['gate'] }]
    const id = await deliver(stages, 'One')
    await t.until(id, (run) => statesOf(run)['test/check/gate'] === 'running')
    await t.restart()
    await t.until(id, ({ state }) => state === 'needs-attention')
    for (const from of ['checkout', 'dev/promote', 'test/promote']) {
      expect((await rerun(id, from)).body).toMatchObject({
        code: 'STAGE_UNSETTLED',
        help: expect.stringContaining(`threeways rerun ${id} --from test/`),
      })
    }
    await cancel(id)
    await t.ended(id)
    const next = await deliver(stages, 'Two', { go: '' })
    expect((await t.ended(next)).state).toBe('succeeded')
  })

  it('approves candidates, not what is yet to be built', async () => {
    const id = await deliver([{ name: 'dev', auto: false }], 'One', { build: untilGo })
    await t.until(id, (run) => statesOf(run)['build 1'] === 'running')
    const early = await t.ask('POST', `/api/runs/${id}/stages/dev/promote`, { reason: 'surely fine' })
    expect(early.body).toMatchObject({ code: 'CANDIDATE_NOT_MADE' })
    await go(id)
    await t.until(id, ({ state }) => state === 'waiting')
    expect((await t.ask('POST', `/api/runs/${id}/stages/dev/promote`, { reason: 'looked at it' })).status).toBe(200)
    expect((await t.ended(id)).state).toBe('succeeded')
  })

  it('does not let an approval given before outweigh a hold placed since', async () => {
    const id = await deliver([{ name: 'dev', auto: false }], 'One')
    const { candidate, commit } = await t.until(id, ({ state }) => state === 'waiting')
    await t.ask('POST', '/api/streams/shop/stop', { reason: 'wait' })
    await t.ask('POST', `/api/runs/${id}/stages/dev/promote`, { reason: 'looked at it' })
    const { ledger, workshop } = t.threeways
    const envelope = {
      id: workshop.newId(),
      time: workshop.clock.instant(),
      source: '/threeways/pipeline',
      subject: `shop/dev/${candidate}`,
    }
    await ledger.append([
      event(holdPlaced, envelope, { stream: 'shop', stage: 'dev', candidate: candidate!, commit, reason: 'broke dev', run: id }),
    ])
    await t.ask('POST', '/api/streams/shop/start', { reason: 'go on' })
    const waits = await t.until(id, ({ steps }) => steps.some(({ waiting }) => waiting?.kind === 'hold'))
    expect(waits.state).toBe('waiting')
    expect((await t.ask('POST', `/api/runs/${id}/stages/dev/promote`, {})).body).toMatchObject({ code: 'REASON_MISSING' })
    await t.ask('POST', `/api/runs/${id}/stages/dev/promote`, { reason: 'dev was broken before' })
    expect((await t.ended(id)).state).toBe('succeeded')
  })

  it('is kept with its reason', async () => {
    const id = await deliver([{ name: 'dev', checks: ['gate'] }], 'One')
    await t.until(id, (run) => statesOf(run)['dev/check/gate'] === 'running')
    await cancel(id)
    const admin = userInfo().username
    expect(await t.ended(id)).toMatchObject({ state: 'cancelled', message: `cancelled by ${admin}: not now` })
    await rerun(id, 'dev/check/gate')
    await go(id)
    expect((await t.ended(id)).state).toBe('succeeded')
    const { body } = await t.ask('GET', `/api/events?chain=${id}&type=dev.cdevents.pipelinerun.queued.0.3.0`)
    const asked = (body as { events: { event: { data: { customData: object } } }[] }).events.map(({ event: { data } }) => data.customData)
    expect(asked).toMatchObject([{ by: admin }, { by: admin, reason: 'look again' }])
  })
})
