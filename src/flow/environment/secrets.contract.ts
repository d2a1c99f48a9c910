import { afterEach, describe, expect, it } from 'vitest'
import { ask, readAll, serviceOf, type Stage } from './contract-stage.ts'
import { web, type Fixture } from './fixture.ts'
import type { ProviderHarness } from './provider.contract.ts'

type Scene = { readonly stage: Stage; readonly fixture: Fixture; readonly harness: ProviderHarness }

const token = 'it\'s a "token" of $HOME\nin two lines'
const password = 'correct horse battery staple'

/** Part of the provider's contract: secrets reach a service, and nobody who reads what it writes. */
export function describeSecrets(scene: () => Scene): void {
  describe('secrets', () => {
    afterEach(() => {
      const { values, leaks } = scene().harness.secrets
      values.clear()
      leaks.length = 0
    })
    const candidate = (code: string) => {
      const { fixture, harness } = scene()
      harness.secrets.values.set('token', token).set('password', password)
      const secrets = [{ source: 'token', variable: 'TOKEN' }, { source: 'password' }]
      const service = { ...web, secrets, command: [process.execPath, '-e', `${code}; import('./server.mjs')`] }
      return fixture.candidate('1', { services: { web: service } })
    }
    /** A scanner passes on what was written a moment later. */
    const linesFrom = async (least: number) => {
      const { stage } = scene()
      for (;;) {
        const lines = (await readAll(stage.provider.logs(stage.environment, {}))).map(({ line }) => line)
        if (lines.length >= least) return lines
      }
    }

    it('are there in files that variables lead to, and in a variable where that is asked for, to the last character', async () => {
      const { stage } = scene()
      const observed = await stage.deploy(await candidate(''))
      const { env } = await ask(observed)
      expect(env['TOKEN']).toBe(token)
      expect(Object.values(env)).not.toContain(password)
      const script =
        'process.exit(fs.readFileSync(process.env.PASSWORD_FILE, "utf8") === process.argv[1] && process.argv[2] === process.env.TOKEN ? 0 : 9)'
      const ran = await stage.provider.exec(stage.environment, 'web', [process.execPath, '-e', script, password, token])
      expect(ran).toMatchObject({ code: 0 })
    })

    it('are in no log, in no answer of a command, and each is told of', async () => {
      const { stage, harness } = scene()
      await stage.deploy(
        await candidate('console.log("my token is", process.env.TOKEN); console.error(Buffer.from(process.env.TOKEN).toString("base64"))'),
      )
      expect(await linesFrom(3)).toEqual(['my token is ***token***', '***token***', 'listening, version 1'])
      await stage.eventually(() => harness.secrets.leaks.length > 0)
      expect(harness.secrets.leaks).toEqual(['web token'])
      const read = [process.execPath, '-e', 'console.log(fs.readFileSync(process.env.PASSWORD_FILE, "utf8"))']
      expect((await stage.provider.exec(stage.environment, 'web', read)).stdout).toBe('***password***\n')
    })

    it('stay hidden in what is written while no server runs, and after the next one came', async () => {
      const { stage, harness } = scene()
      const before = await stage.deploy(await candidate('setInterval(() => console.log(process.env.TOKEN), 200)'))
      stage.provider = await harness.restarted()
      const lived = (await linesFrom(1)).length
      await stage.provider.recover()
      expect(serviceOf(await stage.provider.observe(stage.environment), 'web').pid).toBe(serviceOf(before, 'web').pid)
      expect([...new Set(await linesFrom(lived + 3))].toSorted()).toEqual(['***token***', 'listening, version 1'])
    })

    it('are handed over again to a service that is started anew', async () => {
      const { stage } = scene()
      const observed = await stage.deploy(await candidate(''))
      await fetch(`${observed.urls['web']}/crash`).catch(() => {})
      const after = await stage.eventually((seen) => serviceOf(seen, 'web').restarts === 1 && serviceOf(seen, 'web').state === 'ready')
      expect((await ask(after)).env['TOKEN']).toBe(token)
    })
  })
}
