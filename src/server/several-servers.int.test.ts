import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunView } from '../flow/pipeline/schemas.ts'
import { removeTree } from '../flow/candidate/folders.ts'
import { openThreeways, type Threeways } from './compose.ts'
import { openHome } from './home.ts'
import { openTestThreeways, statesOf, type TestThreeways } from './testing.ts'

const definition = (checks: Record<string, object>, stages: object[]): string =>
  JSON.stringify({
    name: 'shop',
    services: { web: { 'x-run': { command: ['sleep', '600'] } } },
    'x-threeways': {
      version: 1,
      artifact: { build: [['sh', '-c', 'cat app > built']], pack: ['built'] },
      environments: { lab: {} },
      checks,
      pipeline: { stages },
    },
  })

describe('several servers on one database', () => {
  let t: TestThreeways
  let beta: Threeways
  beforeEach(async () => {
    t = await openTestThreeways()
    beta = await t.beside('beta')
    await expect.poll(() => t.threeways.engine.machines().length).toBe(2)
  })
  afterEach(() => t.close())

  async function commit(text: string) {
    await t.author.write({ 'threeways.yaml': text, app: 'the app' })
    await t.author.commit('Change something')
  }
  const seenBy = async ({ app, adminToken }: Threeways, id: string) =>
    (await (await app.request(`/api/runs/${id}`, { headers: { authorization: `Bearer ${adminToken}` } })).json()) as RunView

  it('take over what one of them worked on when it falls silent, from the same commit and with the same files', async () => {
    const check = 'grep -qx "the app" built && sleep 1'
    await commit(definition({ unit: { run: ['sh', '-c', check], idempotent: true } }, [{ name: 'dev', checks: ['unit'] }]))
    const { id } = await t.deliver()
    await t.until(id, ({ steps }) => steps.some(({ name, state }) => name === 'dev/check/unit' && state === 'running'))
    await t.leave()
    await expect.poll(async () => (await seenBy(beta, id)).state, { timeout: 15_000 }).toBe('succeeded')
    const run = await seenBy(beta, id)
    expect(run.steps.find(({ name }) => name === 'dev/check/unit')).toMatchObject({ attempt: 2, state: 'succeeded' })
    const events = await beta.ledger.read({ chainId: id, limit: 1_000 })
    const ends = events.flatMap(({ event }) => (event.type.includes('taskrun.finished') ? [event.subject!.slice(id.length + 1)] : []))
    expect(new Set(ends).size).toBe(ends.length)
    await t.restart()
  })

  it('give the others what a delivery needs also while they do not know yet of any', async () => {
    await commit(definition({}, [{ name: 'dev' }]))
    const place = await mkdtemp(path.join(tmpdir(), 'threeways early '))
    const home = await openHome(place)
    const options = { anonymous: undefined, hosts: undefined, parallel: 1, work: false, log: () => {} }
    const early = await openThreeways({ ...options, home, databaseUrl: t.databaseUrl, repository: t.author.folder })
    const asked = await early.app.request('/api/deliveries', {
      method: 'POST',
      headers: { authorization: `Bearer ${early.adminToken}`, 'content-type': 'application/json' },
      body: '{}',
    })
    const { run } = (await asked.json()) as { run: RunView }
    expect(await early.workshop.depot.wants(`source ${run.commit}`)).toBe(true)
    expect((await t.ended(run.id)).state).toBe('succeeded')
    await early.close()
    await removeTree(place)
  })

  it('leave an environment to the server on which it stands, and say that they wait for it', async () => {
    await commit(definition({}, [{ name: 'dev', environment: 'lab' }]))
    expect(statesOf(await t.ended((await t.deliver()).id))).toMatchObject({ 'dev/deploy': 'succeeded' })
    await t.leave()
    const again = await beta.app.request('/api/deliveries', {
      method: 'POST',
      headers: { authorization: `Bearer ${beta.adminToken}`, 'content-type': 'application/json' },
      body: '{}',
    })
    const { run } = (await again.json()) as { run: RunView }
    await expect.poll(async () => (await seenBy(beta, run.id)).state, { timeout: 10_000 }).toBe('waiting')
    const waiting = (await seenBy(beta, run.id)).steps.find(({ name }) => name === 'dev/deploy')!.waiting
    expect(waiting).toMatchObject({ kind: 'server', why: 'environment "shop/lab" stands on server "alpha", which is away' })
    await t.restart()
    // The artifact was made on the other one.
    expect(await t.ended(run.id)).toMatchObject({ state: 'succeeded' })
    expect((await t.threeways.workshop.provider.observe('shop/lab' as never)).exists).toBe(true)
  })

  it('let a check wait with a reason for labels that nobody has', async () => {
    await commit(definition({ render: { run: ['true'], on: { gpu: '1' } } }, [{ name: 'dev', checks: ['render'] }]))
    const { id } = await t.deliver()
    const run = await t.until(id, ({ state }) => state === 'waiting')
    expect(run.steps.find(({ name }) => name === 'dev/check/render')!.waiting).toMatchObject({
      kind: 'worker',
      why: 'no worker here has gpu=1',
    })
    await t.ask('POST', `/api/runs/${id}/cancel`, {})
    expect((await t.ended(id)).state).toBe('cancelled')
  })
})
