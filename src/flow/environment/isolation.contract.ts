import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ask, serviceOf, type Stage } from './contract-stage.ts'
import { web, type Fixture } from './fixture.ts'
import type { ProviderHarness } from './provider.contract.ts'

type Scene = { readonly stage: Stage; readonly fixture: Fixture; readonly harness: ProviderHarness }

/** Part of the provider's contract: what those promise that keep environments apart. */
export function describeIsolation(scene: () => Scene): void {
  describe('isolation', () => {
    /** Runs a script where the service runs. */
    const inside = async (script: string) => {
      const { stage } = scene()
      const ran = await stage.provider.exec(stage.environment, 'web', [process.execPath, '-e', script])
      return `${ran.stdout}${ran.stderr}`.trim()
    }
    const reach = (port: number) =>
      inside(
        `require('net').connect(${port}, '127.0.0.1').on('connect', () => (console.log('reached'), process.exit())).on('error', (e) => console.log(e.code))`,
      )
    const listening = async () => {
      const server = createServer((socket) => socket.end())
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return { port: (server.address() as { port: number }).port, end: () => server.close() }
    }

    it('is told of an environment, with the reason where there is none, and stands in the plan', async () => {
      const { stage, fixture, harness } = scene()
      const desired = await fixture.candidate('1')
      const { isolation } = await stage.deploy(desired)
      const network = harness.settings?.isolation?.network
      if (network) expect(isolation).toEqual({ by: expect.not.stringMatching('none'), network, why: undefined })
      else expect(isolation).toMatchObject({ by: 'none', why: expect.any(String) })
      const { actions } = await stage.provider.plan(stage.target([desired], desired))
      expect(actions.find(({ subject }) => subject === 'isolation')?.reason).toContain(isolation.by)
    })

    it('gives every environment the port that its definition names, also to two candidates beside each other', async ({ skip }) => {
      const { stage, fixture, harness } = scene()
      skip(harness.settings?.isolation?.network !== 'own', 'its environments share a network')
      const fixed = { ...web, command: [process.execPath, '-e', 'process.env.PORT = 3000; import("./server.mjs")'] }
      const [old, next] = [
        await fixture.candidate('1', { services: { web: fixed } }),
        await fixture.candidate('2', { services: { web: fixed } }),
      ]
      await stage.deploy(old)
      const both = await stage.bring(stage.target([old, next], next))
      expect(both.services.map(({ port, state }) => [port, state])).toEqual([
        [3000, 'ready'],
        [3000, 'ready'],
      ])
      expect((await ask(both)).version).toBe('2')
    })

    it('reaches neither a neighbour nor anything else of the machine over the network', async ({ skip }) => {
      const { stage, fixture, harness } = scene()
      skip(harness.settings?.isolation?.network !== 'own', 'its environments share a network')
      const desired = await fixture.candidate('1')
      const neighbour = await stage.deploy(desired)
      await stage.deploy(desired)
      const server = await listening()
      expect(await reach(server.port)).toBe('ECONNREFUSED')
      server.end()
      expect(await reach(Number(new URL(neighbour.urls['web']!).port))).toBe('ECONNREFUSED')
      expect(await reach(3000)).toBe('reached')
    })

    it("sees its artifact, read-only, a home and a folder for passing files of its own, and nothing of others' files", async ({ skip }) => {
      const { stage, fixture, harness } = scene()
      skip(harness.settings?.isolation === undefined, 'it isolates nothing')
      const [mine, other] = [await fixture.candidate('1'), await fixture.candidate('2')]
      const secret = path.join(harness.folder, '..', 'secret')
      await writeFile(secret, 'secret')
      await stage.deploy(other)
      await stage.deploy(mine)
      const tries = [
        ['readFileSync', secret],
        ['readdirSync', other.artifact],
        ['readFileSync', '/etc/shadow'],
        ['writeFileSync', path.join(harness.artifactInside ?? mine.artifact, 'server.mjs'), ''],
        ['writeFileSync', '/etc/hosts', ''],
        ['writeFileSync', '/usr/mine', ''],
      ] as const
      const script = `const fs = require('fs'); for (const [what, ...args] of ${JSON.stringify(tries)}) try { fs[what](...args); console.log('could') } catch (e) { console.log(e.code) }`
      expect((await inside(script)).split('\n')).toEqual(['ENOENT', 'ENOENT', 'ENOENT', 'EROFS', 'EROFS', 'EROFS'])
      const free = `const fs = require('fs'), os = require('os'); for (const at of [os.homedir(), os.tmpdir()]) fs.writeFileSync(at + '/mine', ''); console.log(fs.readdirSync(os.homedir()))`
      expect(await inside(free)).toBe("[ 'mine' ]")
    })

    it('sees no process but its own, and none of their secrets', async ({ skip }) => {
      const { stage, fixture, harness } = scene()
      skip(harness.settings?.isolation === undefined, 'it isolates nothing')
      const desired = await fixture.candidate('1')
      await stage.deploy(desired)
      const seen = await inside(`console.log(require('fs').readdirSync('/proc').filter(Number).length)`)
      expect(Number(seen)).toBeLessThan(10)
    })

    it('reaches its own database, and its services reach each other, through the addresses they are given', async ({ skip }) => {
      const { stage, fixture, harness } = scene()
      skip(harness.settings?.isolation === undefined, 'it isolates nothing')
      const parts = {
        resources: { db: { type: 'postgres', seed: undefined } },
        services: { web: { ...web, dependsOn: { db: 'healthy', api: 'healthy' } }, api: web },
      } as const
      const observed = await stage.deploy(await fixture.candidate('1', parts))
      const { env } = await ask(observed)
      expect(await reach(Number(env['DB_PORT']))).toBe('reached')
      const api = await inside(`fetch(process.env.API_URL).then((answer) => answer.json()).then(({ self }) => console.log(self))`)
      expect(api).toBe((await ask(observed, '/', 'api')).self)
    })

    it('runs the health check that is a command where the service runs', async ({ skip }) => {
      const { stage, fixture, harness } = scene()
      skip(harness.settings?.isolation?.network !== 'own', 'its environments share a network')
      const script = 'fetch("http://127.0.0.1:3000/healthz").then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))'
      const health = { ...web.health, probe: { kind: 'command', command: [process.execPath, '-e', script] } } as typeof web.health
      const observed = await stage.deploy(await fixture.candidate('1', { services: { web: { ...web, health } } }))
      expect(serviceOf(observed, 'web').state).toBe('ready')
    })

    it('waits for the port of a service without a health check', async ({ skip }) => {
      const { stage, fixture, harness } = scene()
      skip(harness.settings?.isolation?.network !== 'own', 'its environments share a network')
      const late = { ...web, health: undefined, command: [process.execPath, '-e', 'setTimeout(() => import("./server.mjs"), 300)'] }
      expect((await ask(await stage.deploy(await fixture.candidate('1', { services: { web: late } })))).version).toBe('1')
    })
  })
}
