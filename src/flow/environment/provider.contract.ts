import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ask, keepAsking, readAll, serviceOf, Stage } from './contract-stage.ts'
import { backgroundWorker, definitionOf, fixtureIn, web, type Fixture } from './fixture.ts'
import {
  allTo,
  type EnvironmentId,
  type EnvironmentSettings,
  type EnvironmentProvider,
  type ObservedService,
  type Progress,
} from './provider.port.ts'
import type { KnownSecrets } from './known-secrets.contract.ts'
import { describeIsolation } from './isolation.contract.ts'
import { describeResource } from './resource.contract.ts'
import { describeSecrets } from './secrets.contract.ts'
import { describeTraffic } from './traffic.contract.ts'

/** What a provider brings so that its promises can be tried. */
export type ProviderHarness = {
  /** For candidates' files. */
  readonly folder: string
  readonly provider: EnvironmentProvider
  /** Where its provider gets the values of secrets. */
  readonly secrets: KnownSecrets
  /** Of the environments that are played with. */
  readonly settings?: Partial<EnvironmentSettings>
  /** What a process of this machine is called where it runs itself. @defaultValue the same */
  insideOf?(pid: number): Promise<number>
  /** What a service calls the folder of its artifact. @defaultValue as this machine does */
  readonly artifactInside?: string
  /** The server went away without a word and another one started: a new provider, which finds what the old one left. */
  restarted(): Promise<EnvironmentProvider>
  /** Ends one instance as a crash of the machine's would. */
  kill(service: ObservedService): Promise<void>
  /** Everything of the environment that can still be found: processes, files, databases. */
  leftovers(environment: EnvironmentId): Promise<readonly string[]>
  dispose(): Promise<void>
}

/** The behaviours every provider must have. @param without - groups of them that are left to another run */
export function describeProvider(name: string, makeHarness: () => Promise<ProviderHarness>, without: readonly string[] = []): void {
  const group = (title: string, behaviours: () => void) =>
    describe.skipIf(without.includes(title))(title, () => {
      behaviours()
    })
  describe(`environment provider: ${name}`, () => {
    let harness: ProviderHarness
    let fixture: Fixture
    let stage: Stage
    beforeAll(async () => {
      harness = await makeHarness()
      fixture = fixtureIn(harness.folder, harness.settings)
      stage = new Stage(harness.provider)
    })
    afterEach(() => stage.clear())
    const insideOf = async (pid: number) => (await harness.insideOf?.(pid)) ?? pid
    const hasOwnNetworks = () => harness.settings?.isolation?.network === 'own'
    afterAll(() => harness?.dispose())

    group('bringing an environment up', () => {
      it('returns when every service is ready and reachable at its public address', async () => {
        const observed = await stage.deploy(await fixture.candidate('1'))
        expect(observed.services.map((service) => service.state)).toEqual(['ready'])
        expect((await ask(observed)).version).toBe('1')
      })

      it('reads back the candidate that really runs', async () => {
        const desired = await fixture.candidate('1')
        const observed = await stage.deploy(desired)
        expect(serviceOf(observed, 'web').running).toBe(desired.candidate)
        expect(await insideOf(serviceOf(observed, 'web').pid!)).toBe((await ask(observed)).pid)
      })

      it('starts a service only when what it depends on is healthy, and tells it the address', async () => {
        const desired = await fixture.candidate('1', { services: { worker: backgroundWorker, web } })
        const told: Progress[] = []
        stage.environment = stage.nextEnvironment()
        const observed = await stage.bring(stage.target([desired], desired), (progress) => told.push(progress))
        const lines = told.map(({ subject, message }) => `${subject} ${message.split(' ')[0]}`)
        expect(lines.indexOf('service web ready')).toBeLessThan(lines.indexOf('service worker ready'))
        const { port } = serviceOf(observed, 'web')
        const seen = await readAll(stage.provider.logs(stage.environment, { service: 'worker' }))
        expect(seen.map(({ line }) => line)).toEqual([`working for http://127.0.0.1:${port}`])
      })

      it("gives a service its settings and nothing of the server's own environment", async () => {
        process.env['DATABASE_URL'] = 'postgres://secret'
        const settings = { provider: 'process', environment: { web: { COLOUR: 'blue' } }, parity: ['COLOUR'], seed: {} } as const
        const parts = { services: { web: { ...web, environment: { COLOUR: 'red', SIZE: 'big' } } }, environments: { test: settings } }
        const { env } = await ask(await stage.deploy(await fixture.candidate('1', parts)))
        delete process.env['DATABASE_URL']
        expect(env).toMatchObject({ COLOUR: 'blue', SIZE: 'big', THREEWAYS_ENVIRONMENT: stage.environment })
        expect(env).not.toHaveProperty('DATABASE_URL')
        expect(Object.keys(env).filter((key) => /^(npm_|VITEST)/.test(key))).toEqual([])
      })

      it('runs three environments of the same definition side by side, each on ports of its own', async () => {
        const desired = await fixture.candidate('1')
        const ids = [stage.nextEnvironment(), stage.nextEnvironment(), stage.nextEnvironment()]
        const wanted = ids.map((id) => ({ environment: id, deployments: [desired], shares: allTo(desired) }))
        const all = await Promise.all(wanted.map((each) => stage.bring(each)))
        const answering = await Promise.all(all.map(async (observed) => (await ask(observed)).self))
        expect(new Set(answering).size).toBe(3)
        expect(new Set(all.map((observed) => observed.urls['web'])).size).toBe(3)
        expect(new Set(all.map((observed) => serviceOf(observed, 'web').port)).size).toBe(hasOwnNetworks() ? 1 : 3)
        expect((await stage.provider.list()).filter((id) => ids.includes(id)).toSorted()).toEqual(ids.toSorted())
      })

      it('accepts a service that does its work and ends, when it may', async () => {
        const once = { ...backgroundWorker, command: [process.execPath, '-e', 'console.log("migrated")'], restart: 'no' as const }
        await stage.deploy(await fixture.candidate('1', { services: { web, once } }))
        // On a slow machine it passes for one that lives, for a moment.
        const ended = await stage.eventually((seen) => serviceOf(seen, 'once').state === 'stopped')
        expect(serviceOf(ended, 'once')).toMatchObject({ problem: undefined, restarts: 0 })
      })

      it('stops waiting when it is told to, and goes on from there when asked again', async () => {
        const late = { ...web, command: [process.execPath, '-e', 'setTimeout(() => import("./server.mjs"), 500)'] }
        const desired = await fixture.candidate('1', { services: { web: late } })
        stage.environment = stage.nextEnvironment()
        const giveUp = new AbortController()
        const applying = stage.provider.apply(await stage.provider.plan(stage.target([desired], desired)), () => {}, giveUp.signal)
        setTimeout(() => giveUp.abort(), 100)
        await expect(applying).rejects.toMatchObject({ name: 'AbortError' })
        expect((await ask(await stage.bring(stage.target([desired], desired)))).version).toBe('1')
      })
    })

    describeResource(() => ({ stage, fixture }))

    group('changing what runs', () => {
      it('plans nothing but `keep` for what is there already, and changes nothing', async () => {
        const desired = await fixture.candidate('1')
        const before = await stage.deploy(desired)
        const plan = await stage.provider.plan(stage.target([desired], desired))
        expect(plan.actions.map((action) => action.kind)).toEqual(plan.actions.map(() => 'keep'))
        expect(plan.actions.length).toBeGreaterThan(0)
        const after = await stage.provider.apply(plan, () => {})
        expect(after).toEqual(before)
      })

      it('replaces one deployment by another behind the same address', async () => {
        const before = await stage.deploy(await fixture.candidate('1'))
        const next = await fixture.candidate('2')
        const after = await stage.bring(stage.target([next], next))
        expect(after.urls).toEqual(before.urls)
        expect(after.services.map((service) => service.candidate)).toEqual([next.candidate])
        expect((await ask(after)).version).toBe('2')
      })

      it('starts a deployment beside the one that serves, without traffic', async () => {
        const [old, next] = [await fixture.candidate('1'), await fixture.candidate('2')]
        await stage.deploy(old)
        const both = await stage.bring(stage.target([old, next], old))
        expect(both.services.map((service) => service.state)).toEqual(['ready', 'ready'])
        expect((await ask(both)).version).toBe('1')
      })

      it('moves traffic and ends the old deployment without a failed request', async () => {
        const [old, next] = [await fixture.candidate('1'), await fixture.candidate('2')]
        const before = await stage.deploy(old)
        const load = keepAsking(before.urls['web']!)
        await stage.bring(stage.target([old, next], old))
        await stage.bring(stage.target([old, next], next))
        await stage.bring(stage.target([next], next))
        const { failed, versions } = await load.end()
        expect(failed).toEqual([])
        expect([...versions]).toEqual(['1', '2'])
      })

      it('lets a request that is under way finish before its deployment is ended', async () => {
        const [old, next] = [await fixture.candidate('1'), await fixture.candidate('2')]
        const before = await stage.deploy(old)
        const slow = await fetch(`${before.urls['web']}/slow?ms=400`)
        await stage.bring(stage.target([old, next], next))
        await stage.bring(stage.target([next], next))
        expect(await slow.text()).toBe('began ended')
      })

      it('leaves what serves alone when the new deployment does not become healthy, and says why', async () => {
        const old = await fixture.candidate('1')
        const before = await stage.deploy(old)
        const health = { ...web.health!, startPeriodMs: 800, intervalMs: 50 }
        const bad = await fixture.candidate('2', { services: { web: { ...web, health, environment: { UNHEALTHY: '1' } } } })
        const failure = await stage.bring(stage.target([old, bad], old)).catch((error: unknown) => error)
        expect(failure).toMatchObject({ code: 'SERVICE_UNHEALTHY' })
        expect(String(failure)).toContain('GET /healthz answered 503')
        expect(String(failure)).toContain('listening, version 2')
        expect((await ask(before)).version).toBe('1')
        const observed = await stage.provider.observe(stage.environment)
        expect(observed.traffic).toBe(old.candidate)
        expect(serviceOf(observed, 'web', bad)).toMatchObject({ state: 'unhealthy' })
      })

      it('goes back to the old deployment while the new one is broken', async () => {
        const [old, next] = [await fixture.candidate('1'), await fixture.candidate('2')]
        await stage.deploy(old)
        const both = await stage.bring(stage.target([old, next], next))
        await ask(both, '/sicken')
        await stage.eventually((observed) => serviceOf(observed, 'web', next).state === 'unhealthy')
        expect((await ask(await stage.bring(stage.target([old, next], old)))).version).toBe('1')
        expect((await stage.bring(stage.target([old], old))).services).toHaveLength(1)
      })

      it('starts the cure although what serves is ill', async () => {
        const [old, next] = [await fixture.candidate('1'), await fixture.candidate('2')]
        const before = await stage.deploy(old)
        await ask(before, '/sicken')
        await stage.eventually((observed) => serviceOf(observed, 'web').state === 'unhealthy')
        await stage.bring(stage.target([old, next], old))
        expect((await ask(await stage.bring(stage.target([next], next)))).version).toBe('2')
      })

      it('replaces a service that became unhealthy when the same target is applied again', async () => {
        const desired = await fixture.candidate('1')
        const before = await stage.deploy(desired)
        await ask(before, '/sicken')
        await stage.eventually((observed) => serviceOf(observed, 'web').state === 'unhealthy')
        const after = await stage.bring(stage.target([desired], desired))
        expect(serviceOf(after, 'web')).toMatchObject({ state: 'ready' })
        expect(serviceOf(after, 'web').pid).not.toBe(serviceOf(before, 'web').pid)
      })

      it('keeps an environment that is told to run nothing', async () => {
        const desired = await fixture.candidate('1')
        const before = await stage.deploy(desired)
        const empty = await stage.bring(stage.target([], undefined))
        expect(empty).toMatchObject({ exists: true, services: [], traffic: undefined })
        expect(await harness.leftovers(stage.environment)).not.toEqual([])
        await expect(fetch(before.urls['web']!)).rejects.toThrow('fetch failed')
      })

      it('refuses traffic for a candidate that is not deployed', async () => {
        stage.environment = stage.nextEnvironment()
        const [one, other] = [await fixture.candidate('1'), await fixture.candidate('2')]
        await expect(stage.provider.plan(stage.target([one], other))).rejects.toMatchObject({ code: 'TARGET_INVALID' })
      })
    })

    describeIsolation(() => ({ stage, fixture, harness }))
    describeTraffic(() => ({ stage, fixture, harness }))
    describeSecrets(() => ({ stage, fixture, harness }))

    group('watching what runs', () => {
      it('sees an artifact whose files were changed', async () => {
        const desired = await fixture.candidate('1')
        await stage.deploy(desired)
        await appendFile(path.join(desired.artifact, 'server.mjs'), '// one more line')
        const observed = await stage.eventually((seen) => serviceOf(seen, 'web').running === undefined)
        expect(serviceOf(observed, 'web').problem).toContain('was changed')
      })

      it('starts a service again that ended by itself, at the same address', async () => {
        const before = await stage.deploy(await fixture.candidate('1'))
        await fetch(`${before.urls['web']}/crash`).catch(() => {})
        const after = await stage.eventually((seen) => serviceOf(seen, 'web').restarts === 1 && serviceOf(seen, 'web').state === 'ready')
        expect(after.urls).toEqual(before.urls)
        expect((await ask(after)).version).toBe('1')
      })

      it('tells the end of the logs, and what is written from then on', async () => {
        const observed = await stage.deploy(await fixture.candidate('1'))
        expect((await readAll(stage.provider.logs(stage.environment, { lines: 1 }))).map(({ line }) => line)).toEqual([
          'listening, version 1',
        ])
        const lines: string[] = []
        for await (const { line } of stage.provider.logs(stage.environment, { follow: true })) {
          lines.push(line)
          if (lines.length === 1) await fetch(`${observed.urls['web']}/crash`).catch(() => {})
          if (lines.length === 2) break
        }
        expect(lines).toEqual(['listening, version 1', 'listening, version 1'])
      })

      it('runs a command where the service runs, with its variables', async () => {
        const observed = await stage.deploy(await fixture.candidate('1'))
        const script = 'console.log(process.env.PORT); console.error(process.cwd()); process.exit(4)'
        const ran = await stage.provider.exec(stage.environment, 'web', [process.execPath, '-e', script])
        const { env, cwd } = await ask(observed)
        expect(ran).toEqual({ code: 4, stdout: `${env['PORT']}\n`, stderr: `${cwd}\n` })
        await expect(stage.provider.exec(stage.environment, 'nobody', ['true'])).rejects.toMatchObject({ code: 'SERVICE_UNKNOWN' })
      })

      it('says of an environment that is not there that it does not exist', async () => {
        expect(await stage.provider.observe('shop/nowhere')).toMatchObject({ exists: false, services: [] })
        await expect(readAll(stage.provider.logs('shop/nowhere', {}))).rejects.toMatchObject({ code: 'ENVIRONMENT_UNKNOWN' })
      })
    })

    group('taking an environment down', () => {
      it('leaves nothing behind', async () => {
        const parts = { resources: { db: { type: 'postgres', seed: undefined } }, services: { web, worker: backgroundWorker } } as const
        const observed = await stage.deploy(await fixture.candidate('1', parts))
        expect((await harness.leftovers(stage.environment)).length).toBeGreaterThan(0)
        await stage.provider.destroy(stage.environment)
        expect(await harness.leftovers(stage.environment)).toEqual([])
        expect(await stage.provider.list()).not.toContain(stage.environment)
        await expect(fetch(observed.urls['web']!)).rejects.toThrow('fetch failed')
      })

      it('can be repeated, also for one that never was', async () => {
        await stage.deploy(await fixture.candidate('1'))
        await Promise.all([stage.provider.destroy(stage.environment), stage.provider.destroy(stage.environment)])
        await stage.provider.destroy(stage.environment)
        await stage.provider.destroy('shop/never')
        expect(await harness.leftovers(stage.environment)).toEqual([])
      })

      it('does not wait for a deployment that is still starting', async () => {
        const never = { ...web, command: [process.execPath, '-e', 'setInterval(() => {}, 1000)'] }
        const desired = await fixture.candidate('1', { services: { web: never } })
        stage.environment = stage.nextEnvironment()
        const failure = stage.bring(stage.target([desired], desired)).catch((error: unknown) => error)
        await stage.eventually((observed) => observed.services.length === 1)
        await stage.provider.destroy(stage.environment)
        expect(await failure).toMatchObject({ code: 'ENVIRONMENT_IS_GOING' })
        expect(await harness.leftovers(stage.environment)).toEqual([])
      })
    })

    group('after a restart of the server', () => {
      it('adopts what lives: the same processes at the same addresses', async () => {
        const before = await stage.deploy(await fixture.candidate('1', { services: { web, worker: backgroundWorker } }))
        stage.provider = await harness.restarted()
        expect(await stage.provider.recover()).toEqual({ adopted: 2, ended: 0, restarted: 0 })
        const after = await stage.provider.observe(stage.environment)
        expect(after).toEqual(before)
        expect((await ask(after)).pid).toBe(await insideOf(serviceOf(before, 'web').pid!))
      })

      it('starts again what is missing', async () => {
        const before = await stage.deploy(await fixture.candidate('1'))
        stage.provider = await harness.restarted()
        await harness.kill(serviceOf(before, 'web'))
        expect(await stage.provider.recover()).toEqual({ adopted: 0, ended: 0, restarted: 1 })
        const after = await stage.eventually((seen) => serviceOf(seen, 'web').state === 'ready')
        expect(after.urls).toEqual(before.urls)
        expect(serviceOf(after, 'web').pid).not.toBe(serviceOf(before, 'web').pid)
      })

      it('still starts an adopted service again when it ends', async () => {
        const before = await stage.deploy(await fixture.candidate('1'))
        stage.provider = await harness.restarted()
        await stage.provider.recover()
        await harness.kill(serviceOf(before, 'web'))
        await stage.eventually((seen) => serviceOf(seen, 'web').restarts === 1 && serviceOf(seen, 'web').state === 'ready')
        expect((await ask(before)).version).toBe('1')
      })

      it('goes on with a target that was being applied, keeping what was done', async () => {
        const desired = await fixture.candidate('1', { services: { web, worker: backgroundWorker } })
        stage.environment = stage.nextEnvironment()
        const applying = stage.bring(stage.target([desired], desired)).catch(() => {})
        const started = await stage.eventually((seen) => seen.services.some((service) => service.pid !== undefined))
        stage.provider = await harness.restarted()
        await applying
        const observed = await stage.bring(stage.target([desired], desired))
        expect(observed.services.map((service) => service.state)).toEqual(['ready', 'ready'])
        const first = started.services.find((service) => service.pid !== undefined)!
        expect(serviceOf(observed, first.service).restarts).toBe(0)
        expect((await ask(observed)).version).toBe('1')
      })
    })

    group('reading the definition', () => {
      it("applies one environment's settings, and names those there are when it has none of that name", () => {
        const definition = definitionOf()
        expect(stage.provider.render(definition, 'test')).toMatchObject({ settings: 'test', definition: { name: 'shop' } })
        expect(() => stage.provider.render(definition, 'moon')).toThrow(/"shop" has no environment "moon"/)
      })

      it('renders the same definition to the same digest', () => {
        expect(stage.provider.render(definitionOf(), 'test').digest).toBe(stage.provider.render(definitionOf(), 'test').digest)
      })
    })
  })
}
