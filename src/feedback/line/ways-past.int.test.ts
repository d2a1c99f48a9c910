import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestThreeways, statesOf, type TestThreeways } from '../../server/testing.ts'
import type { Board, LineStats, StopOnBoard } from './schemas.ts'

type Shape = { readonly check?: readonly string[]; readonly more?: object; readonly line?: object }
const definition = ({ check = ['true'], more = {}, line }: Shape) =>
  JSON.stringify({
    name: 'shop',
    services: { web: { 'x-run': { command: ['sleep', '600'] } } },
    'x-threeways': {
      version: 1,
      artifact: { build: ['true'], pack: ['app'] },
      environments: { lab: {}, live: {} },
      checks: { integration: { run: check, ...more } },
      ...(line === undefined ? {} : { line }),
      pipeline: {
        stages: [
          { name: 'dev' },
          { name: 'test', after: ['dev'], checks: ['integration'] },
          { name: 'production', after: ['test'], environment: 'live' },
        ],
      },
    },
  })

describe('a stopped line', () => {
  let t: TestThreeways
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(() => t.close())

  async function deliver(shape: Shape, message: string) {
    await t.author.write({ 'threeways.yaml': definition(shape), app: message })
    await t.author.commit(message)
    return (await t.deliver()).id
  }
  const board = async () => (await t.ask('GET', '/api/line')).body as Board
  const stop = async (scope: string, more: object = {}) =>
    (await t.ask('POST', '/api/line/stops', { scope, reason: 'looks odd', ...more })).body as StopOnBoard
  const leaks = async () => ((await t.ask('GET', '/api/line/stats')).body as LineStats).leaks
  const heldUp = (id: string, stage: string) =>
    t.until(id, ({ steps }) => steps.some(({ name, waiting }) => name === `${stage}/promote` && waiting?.kind === 'line'))

  it('of one stage lets the others go on; an emergency passes it once, with a right and a reason, and it stays stopped', async () => {
    const { id: stopId } = await stop('stage/*/production', { owner: 'Ada' })
    const id = await deliver({}, 'One')
    const run = await heldUp(id, 'production')
    expect(run.steps.find(({ name }) => name === 'production/promote')!.waiting).toMatchObject({
      why: 'the line is stopped (stage/*/production): looks odd',
      for: expect.stringContaining('Ada leads'),
    })
    const promote = (body: object, token?: string) => t.ask('POST', `/api/runs/${id}/stages/production/emergency`, body, token)
    const { secret } = (await t.ask('POST', '/api/tokens', { name: 'ops', scopes: ['operate'] })).body as { secret: string }
    expect(await promote({ reason: 'the till is down' }, secret)).toMatchObject({
      status: 403,
      body: { code: 'SCOPE_MISSING' },
    })
    expect((await promote({})).body).toMatchObject({ code: 'REASON_MISSING' })
    expect((await promote({ reason: 'the till is down' })).status).toBe(200)
    expect(await t.ended(id)).toMatchObject({
      state: 'succeeded',
      emergencies: [{ stage: 'production', stops: [stopId], reason: 'the till is down' }],
    })
    expect(await board()).toMatchObject({ status: 'stopped', stops: [{ id: stopId, owner: 'Ada', scope: 'stage/*/production' }] })
    expect(await leaks()).toEqual([])
  })

  it('keeps who joined, who leads, what was found out, and that it was false', async () => {
    const { id } = await stop('all')
    const on = (what: string, body: object) => t.ask('POST', `/api/line/stops/${id}/${what}`, body)
    await on('join', { who: 'Bo' })
    await on('owner', { owner: 'Cy' })
    await on('notes', { note: 'it was the cache' })
    expect((await on('start', { reason: 'nothing was wrong', falseStop: true })).body).toMatchObject({
      owner: 'Cy',
      helpers: [{ who: 'Bo' }],
      notes: [{ text: 'it was the cache' }],
      ended: { evidence: 'person', reason: 'nothing was wrong' },
      falseStop: { verdict: true },
    })
    expect((await on('join', { who: 'Di' })).body).toMatchObject({ code: 'STOP_OVER' })
    expect((await on('verdict', { falseStop: false, reason: 'it was right after all' })).body).toMatchObject({
      falseStop: { verdict: false },
    })
    expect((await t.ask('POST', '/api/line/stops/stop-none/join', {})).body).toMatchObject({ code: 'STOP_NOT_FOUND' })
    expect((await board()).over.map((one) => one.id)).toEqual([id])
  })

  it('is not stopped by a check that passes when it is asked once more, nor by what a machine did', async () => {
    const flaky = ['sh', '-c', 'test -f again && exit 0; touch again; exit 1']
    const run = await t.ended(await deliver({ check: flaky }, 'Flaky'))
    expect(run).toMatchObject({ state: 'succeeded' })
    const flaked = await t.ask('GET', '/api/events?type=dev.cdeventsx.threeways-check.flaked.0.1.0')
    expect((flaked.body as { events: unknown[] }).events).toHaveLength(1)
    expect((await t.ended(await deliver({ check: ['sh', '-c', 'kill -9 $$$$'] }, 'Killed'))).state).toBe('failed')
    expect((await board()).status).toBe('open')
    const spared = await t.ask('GET', '/api/events?type=dev.cdeventsx.threeways-line.spared.0.1.0')
    expect((spared.body as { events: unknown[] }).events).toHaveLength(1)
  })

  it('is stopped by a check that does not decide, and moves again when its cause is reverted', async () => {
    await t.ended(await deliver({}, 'Good'))
    await t.ended(await deliver({ more: { report: 'none.xml' } }, 'Promise a report'))
    const [undecided] = (await board()).stops
    expect(undecided).toMatchObject({ cause: 'undecided', stage: 'test' })
    await promisify(execFile)('git', [
      '-C',
      t.author.folder,
      '-c',
      'user.name=Ada',
      '-c',
      'user.email=a@b.c',
      'revert',
      '--no-edit',
      'HEAD',
    ])
    expect(statesOf(await t.ended((await t.deliver()).id))).toMatchObject({ 'production/conclude': 'succeeded' })
    expect(await board()).toMatchObject({ status: 'open', over: [{ id: undecided!.id, ended: { evidence: 'revert' } }] })
    expect(await leaks()).toEqual([])
  })

  it('stops a stage for a batch that is too large, until somebody has looked at it', async () => {
    const line = { batch: { changes: 1 } }
    await t.ended(await deliver({ line }, 'One'))
    await t.author.write({ app: 'unseen' })
    await t.author.commit('Nobody delivered this')
    const id = await deliver({ line }, 'Three')
    await heldUp(id, 'production')
    const [stopped] = (await board()).stops
    expect(stopped).toMatchObject({
      cause: 'batch',
      scope: 'stage/shop/production',
      reason: expect.stringContaining('2 changes, at most 1'),
    })
    await t.ask('POST', `/api/line/stops/${stopped!.id}/start`, { reason: 'both are small' })
    expect((await t.ended(id)).state).toBe('succeeded')
  })
})
