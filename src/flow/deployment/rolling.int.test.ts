import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeHarness } from '../../connectors/process/testing.ts'
import { digestOfTree } from '../candidate/tree.ts'
import { ask, keepAsking, Stage } from '../environment/contract-stage.ts'
import { fixtureIn, web, type Fixture } from '../environment/fixture.ts'
import type { ProviderHarness } from '../environment/provider.contract.ts'
import { back } from './deploy.ts'
import { rolling } from './rolling.ts'
import { deploymentOf } from './testing.ts'

let harness: ProviderHarness
let fixture: Fixture
let stage: Stage
beforeAll(async () => {
  harness = await makeHarness(digestOfTree)
  fixture = fixtureIn(path.join(harness.folder, 'rolling'))
  stage = new Stage(harness.provider)
})
afterEach(() => stage.clear())
afterAll(() => harness?.dispose())

const two = { services: { web: { ...web, replicas: 2 } } }

const rolled = { strategy: 'rolling' } as const

describe('a rolling deployment', () => {
  it('replaces one replica after the other, with the traffic, and fails no request', async () => {
    const [old, next] = [await fixture.candidate('1', two), await fixture.candidate('2', two)]
    const before = await stage.deploy(old)
    const load = keepAsking(before.urls['web']!)
    const counts: string[] = []
    await rolling(
      await deploymentOf(stage, rolled, next, old, ({ deployments, shares }) => {
        const replicas = deployments.map((one) => one.replicas?.['web'] ?? 2)
        counts.push(`${replicas.join('+')} ${shares.map(({ percent }) => percent).join(':')}`)
      }),
    )
    const { failed, versions } = await load.end()
    expect([failed, [...versions]]).toEqual([[], ['1', '2']])
    expect(counts).toEqual(['2+1 100:0', '2+1 50:50', '1+1 50:50', '1+2 50:50', '1+2 0:100', '2 100'])
    expect((await stage.provider.observe(stage.environment)).services.map(({ candidate }) => candidate)).toEqual(
      [next, next].map(({ candidate }) => candidate),
    )
  })

  it('goes on where it was when its server was killed in the middle', async () => {
    const [old, next] = [await fixture.candidate('1', two), await fixture.candidate('2', two)]
    await stage.deploy(old)
    const killed = new AbortController()
    const dying = await deploymentOf(stage, rolled, next, old, ({ deployments: [first] }) => {
      if (first!.replicas?.['web'] === 1) killed.abort()
    })
    await expect(rolling({ ...dying, signal: killed.signal })).rejects.toMatchObject({ name: 'AbortError' })
    stage.provider = await harness.restarted()
    await stage.provider.recover()
    const shares: string[] = []
    await rolling(
      await deploymentOf(stage, rolled, next, old, (target) => void shares.push(target.shares.map(({ percent }) => percent).join(':'))),
    )
    expect(shares[0]).toBe('50:50')
    expect((await ask(await stage.provider.observe(stage.environment))).version).toBe('2')
  })

  it('stays with what is left of the old one when the new one does not become healthy, and goes back to all of it', async () => {
    const old = await fixture.candidate('1', two)
    const before = await stage.deploy(old)
    const health = { ...web.health!, startPeriodMs: 500, intervalMs: 50 }
    const ill = { services: { web: { ...web, replicas: 2, health, environment: { UNHEALTHY: '1' } } } }
    const next = await fixture.candidate('2', ill)
    const load = keepAsking(before.urls['web']!)
    await expect(rolling(await deploymentOf(stage, rolled, next, old))).rejects.toMatchObject({ code: 'SERVICE_UNHEALTHY' })
    await back(await deploymentOf(stage, rolled, next, old))
    const { failed, versions } = await load.end()
    expect([failed, [...versions]]).toEqual([[], ['1']])
    expect((await stage.provider.observe(stage.environment)).services).toHaveLength(2)
  })

  it('goes back without a failed request when the new one has replaced the old already', async () => {
    const [old, next] = [await fixture.candidate('1', two), await fixture.candidate('2', two)]
    const before = await stage.deploy(old)
    await rolling(await deploymentOf(stage, rolled, next, old))
    const load = keepAsking(before.urls['web']!)
    await back({ ...(await deploymentOf(stage, rolled, next, old)), standing: [] })
    const { failed, versions } = await load.end()
    expect([failed, [...versions]]).toEqual([[], ['2', '1']])
  })
})
