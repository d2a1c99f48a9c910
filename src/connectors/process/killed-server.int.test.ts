import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOfTree } from '../../flow/candidate/tree.ts'
import { ask, serviceOf, Stage } from '../../flow/environment/contract-stage.ts'
import { backgroundWorker, fixtureIn, web } from '../../flow/environment/fixture.ts'
import type { Desired, Target } from '../../flow/environment/provider.port.ts'
import { launch } from '../../kernel/detached.ts'
import { identify } from '../../kernel/process.ts'
import { makeHome, type TestHome } from './testing.ts'
import { stateStore } from './state.ts'
import { marks } from './variables.ts'

let home: TestHome
let old: Desired
let next: Desired
beforeAll(async () => {
  home = await makeHome(digestOfTree)
  const fixture = fixtureIn(path.join(home.folder, 'candidates'))
  const parts = {
    resources: { db: { type: 'postgres', seed: 'seed.sql' } },
    services: { web: { ...web, dependsOn: { db: 'healthy' } }, worker: backgroundWorker },
  } as const
  const files = { 'seed.sql': 'create table part (name text)' }
  old = await fixture.candidate('1', parts, files)
  next = await fixture.candidate('2', parts, files)
  await home.options.cluster()
})
afterAll(() => home.dispose())

/** Applies in a process of its own and kills that after it told `steps` steps and `ms` more. @returns the last thing it told */
async function killedWhileApplying(target: Target, steps: number, ms: number): Promise<string> {
  const database = path.join(home.home, 'resources', 'pg')
  const told = { home: home.home, homeId: home.homeId, database, target, digest: next.artifactDigest }
  const script = path.join(import.meta.dirname, 'server-to-kill.ts')
  const server = spawn(process.execPath, [script, JSON.stringify(told)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let last = 'nothing'
  let lines = 0
  for await (const line of createInterface({ input: server.stdout })) {
    last = line
    if (++lines > steps || line === 'applied') break
  }
  await sleep(ms)
  server.kill('SIGKILL')
  await once(server, 'exit')
  return last
}

describe('a server killed with SIGKILL while it applies', () => {
  it('leaves nothing that the next one does not take up, whatever the moment', async () => {
    const lastWords = new Set<string>()
    for (let round = 0; round < 6; round++) {
      const stage = new Stage(home.provider())
      const { provider } = stage
      stage.environment = `shop/round-${round}`
      const isSwitch = round % 2 === 1
      if (isSwitch) {
        await stage.bring(stage.target([old], old))
        await provider.close('leave')
      }
      const target = stage.target([next], next)
      lastWords.add(await killedWhileApplying(target, Math.floor(round / 2) * 2, round * 7))

      stage.provider = home.provider()
      await stage.provider.recover()
      const observed = await stage.bring(target)
      expect(observed.services.map(({ candidate, state, running }) => [candidate, state, running])).toEqual(
        observed.services.map(() => [next.candidate, 'ready', next.candidate]),
      )
      expect(observed.services.map(({ service }) => service).toSorted()).toEqual(['web', 'worker'])
      expect((await ask(observed)).version).toBe('2')
      // Each instance is one shell and one program; anything more was left by somebody.
      const processes = (await home.leftovers(stage.environment)).filter((left) => left.startsWith('process'))
      expect(processes).toHaveLength(4)
      await stage.provider.destroy(stage.environment)
      expect(await home.leftovers(stage.environment)).toEqual([])
      await stage.provider.close('leave')
    }
    expect(lastWords.size).toBeGreaterThan(3)
  }, 120_000)

  it('leaves what serves serving: the next one gives it the same address', async () => {
    const stage = new Stage(home.provider())
    stage.environment = 'shop/serving'
    const before = await stage.bring(stage.target([old], old))
    await stage.provider.close('leave')
    await killedWhileApplying(stage.target([old, next], old), 3, 0)
    stage.provider = home.provider()
    const { adopted } = await stage.provider.recover()
    expect(adopted).toBeGreaterThanOrEqual(2)
    const after = await stage.provider.observe(stage.environment)
    expect(after.urls).toEqual(before.urls)
    expect((await ask(after)).pid).toBe(serviceOf(before, 'web', old).pid)
    await stage.provider.destroy(stage.environment)
    await stage.provider.close('leave')
  })
})

describe('taking up what an earlier server left', () => {
  it('reads what versions before replicas and shares wrote', async () => {
    const stage = new Stage(home.provider())
    stage.environment = 'shop/older'
    const before = await stage.bring(stage.target([old], old))
    await stage.provider.close('leave')
    const store = stateStore(home.home)
    const { shares: _, sticky: __, ...state } = (await store.read('shop/older'))!
    const instances = state.instances.map(({ role: _, replica: __, ...instance }) => instance)
    await store.write({ ...state, format: 1, traffic: old.candidate, instances } as never)
    stage.provider = home.provider()
    expect(await stage.provider.recover()).toMatchObject({ adopted: 2, restarted: 0 })
    expect(await stage.provider.observe('shop/older')).toEqual(before)
    expect((await ask(before)).version).toBe('1')
    await stage.provider.destroy('shop/older')
  })

  it('ends processes of this home that no record knows, and no others', async () => {
    const variables = (id: string, instance: string) => ({ [marks.home]: id, [marks.instance]: instance, PATH: process.env['PATH']! })
    const start = (name: string, env: Record<string, string>) => {
      const file = (what: string) => path.join(home.folder, `${name}.${what}`)
      return launch({ command: ['sleep', '1000'], cwd: home.folder, env, logFile: file('log'), exitFile: file('exit') })
    }
    const ours = await start('ours', variables(home.homeId, 'forgotten'))
    const others = await start('others', variables('another home', 'forgotten too'))
    const step = await start('step', { [marks.home]: home.homeId, PATH: process.env['PATH']! })
    const provider = home.provider()
    const { adopted, restarted, ended } = await provider.recover()
    expect([adopted, restarted, ended > 0]).toEqual([0, 0, true])
    expect(await identify(ours.identity.pid)).toBeUndefined()
    expect(() => process.kill(others.identity.pid, 0)).not.toThrow()
    expect(() => process.kill(step.identity.pid, 0)).not.toThrow()
    for (const { identity } of [others, step]) process.kill(-identity.pid, 'SIGKILL')
  })

  it('finishes taking an environment down, also one whose record cannot be read', async () => {
    const stage = new Stage(home.provider())
    const store = stateStore(home.home)
    stage.environment = 'shop/going'
    await stage.bring(stage.target([old], old))
    await stage.provider.close('leave')
    const state = (await store.read('shop/going'))!
    await store.write({ ...state, destroying: true })
    await home.provider().recover()
    expect(await home.leftovers('shop/going')).toEqual([])

    stage.environment = 'shop/damaged'
    stage.provider = home.provider()
    await stage.bring(stage.target([old], old))
    await stage.provider.close('leave')
    await store.write({ environment: 'shop/damaged', format: 99 } as never)
    const provider = home.provider()
    await expect(provider.observe('shop/damaged')).rejects.toMatchObject({ code: 'ENVIRONMENT_STATE_DAMAGED' })
    await provider.destroy('shop/damaged')
    expect(await home.leftovers('shop/damaged')).toEqual([])
  })

  it('starts everything again after a stop that was meant, in order and at the same addresses', async () => {
    const stage = new Stage(home.provider())
    stage.environment = 'shop/stopped'
    const before = await stage.bring(stage.target([old], old))
    await stage.provider.close('stop')
    expect((await home.leftovers('shop/stopped')).filter((left) => left.startsWith('process'))).toEqual([])
    stage.provider = home.provider()
    expect(await stage.provider.recover()).toEqual({ adopted: 0, restarted: 2, ended: 0 })
    const after = await stage.eventually((seen) => seen.services.every(({ state }) => state === 'ready'))
    expect([after.urls, after.variables, after.traffic]).toEqual([before.urls, before.variables, old.candidate])
    expect((await ask(after)).version).toBe('1')
    await stage.provider.destroy('shop/stopped')
  })
})
