import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { digestOfTree } from '../../flow/candidate/tree.ts'
import { ask, readAll, serviceOf, Stage } from '../../flow/environment/contract-stage.ts'
import { fixtureIn, web } from '../../flow/environment/fixture.ts'
import type { ProviderHarness } from '../../flow/environment/provider.contract.ts'
import { textOf } from './engine.ts'
import { containersOf, emptyBase, makeDockerHarness, startPodman, testBase, whyNoPodman, type Podman } from './testing.ts'

vi.setConfig({ testTimeout: 60_000 })
const why = process.env['TEST_DOCKER'] === '1' ? whyNoPodman() : 'set TEST_DOCKER=1 to play all of it'

describe.skipIf(why !== undefined)(`secrets of a container${why === undefined ? '' : ` (${why})`}`, () => {
  let podman: Podman
  let harness: ProviderHarness
  let stage: Stage
  beforeAll(async () => {
    podman = await startPodman()
    harness = await makeDockerHarness(podman, digestOfTree)
    harness.secrets.values.set('token', 'a token of many letters')
    stage = new Stage(harness.provider)
  }, 60_000)
  afterAll(async () => {
    await harness?.dispose()
    await podman?.dispose()
  })
  const code = "console.log(process.env.TOKEN); console.log(fs.readFileSync('/run/secrets/token', 'utf8')); import('./server.mjs')"
  const telling = {
    ...web,
    secrets: [{ source: 'token', variable: 'TOKEN' }, { source: 'token' }],
    command: [process.execPath, '-e', code],
  }
  const candidate = (image?: string) => {
    const service = image === undefined ? telling : { ...telling, container: { image } }
    return fixtureIn(harness.folder, harness.settings).candidate('1', { services: { web: service } })
  }

  it('are in nothing that the engine tells of it: neither how it was made nor what it wrote', async () => {
    await stage.deploy(await candidate())
    const [container] = await containersOf(podman.engine, stage.environment)
    const path = `/containers/${container!.split(' ')[1]}`
    expect(await textOf(await podman.engine.open({ path: `${path}/json` }))).toContain('/run/secrets')
    expect(await textOf(await podman.engine.open({ path: `${path}/json` }))).not.toContain('many letters')
    expect(await textOf(await podman.engine.open({ path: `${path}/logs`, query: { stdout: '1', stderr: '1' } }))).toBe('')
  })

  it('reach a program that runs as another user than root, and what it writes is searched all the same', async () => {
    const { Id } = await podman.engine.json<{ Id: string }>({
      method: 'POST',
      path: '/containers/create',
      body: { Image: testBase, Cmd: ['true'] },
    })
    const image = 'threeways-user-base'
    await podman.engine.json({ method: 'POST', path: '/commit', query: { container: Id, repo: image, changes: 'USER 1000' }, body: {} })
    await podman.engine.json({ method: 'DELETE', path: `/containers/${Id}` })
    const observed = await stage.deploy(await candidate(image))
    expect((await ask(observed)).env['TOKEN']).toBe('a token of many letters')
    const whoami = [process.execPath, '-e', 'console.log(process.getuid())']
    expect(await stage.provider.exec(stage.environment, 'web', whoami)).toMatchObject({ stdout: '1000\n' })
    await stage.eventually(() => harness.secrets.leaks.length > 0)
    const lines = (await readAll(stage.provider.logs(stage.environment, {}))).map(({ line }) => line)
    expect(lines.slice(0, 2)).toEqual(['***token***', '***token***'])
  })

  it('are handed over by a shell, and an image without one is told', async () => {
    const wanted = stage.target([await candidate(emptyBase)], undefined)
    stage.environment = stage.nextEnvironment()
    const failed = stage.bring({ ...wanted, environment: stage.environment })
    await expect(failed).rejects.toThrow(/has no \/bin\/sh, through which/)
    expect(serviceOf(await stage.provider.observe(stage.environment), 'web').state).toBe('stopped')
  })
})
