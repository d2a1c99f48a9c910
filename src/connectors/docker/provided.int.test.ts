import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { digestOfTree } from '../../flow/candidate/tree.ts'
import { ask, Stage } from '../../flow/environment/contract-stage.ts'
import { fixtureIn, web } from '../../flow/environment/fixture.ts'
import { makeDockerHarness, startPodman, whyNoPodman, type Podman } from './testing.ts'

vi.setConfig({ testTimeout: 60_000 })

describe.skipIf(process.env['TEST_DOCKER'] !== '1' || whyNoPodman() !== undefined)('containers that depend on a provider of others', () => {
  let podman: Podman
  let place: string
  const pathBefore = process.env['PATH']
  beforeAll(async () => {
    place = await mkdtemp(path.join(tmpdir(), 'threeways provided '))
    await mkdir(path.join(place, 'bin'))
    await symlink(path.join(import.meta.dirname, '../process/provided/testcloud.mjs'), path.join(place, 'bin', 'testcloud'))
    process.env['PATH'] = `${path.join(place, 'bin')}:${pathBefore}`
    podman = await startPodman()
  }, 60_000)
  afterAll(async () => {
    process.env['PATH'] = pathBefore
    await podman?.dispose()
    await rm(place, { recursive: true, force: true })
  })

  it('get the same variables as processes', async () => {
    const harness = await makeDockerHarness(podman, digestOfTree)
    const stage = new Stage(harness.provider)
    const db = { type: 'testcloud', options: { store: [path.join(place, 'store')] } }
    const services = { web: { ...web, dependsOn: { db: 'healthy' as const } } }
    const desired = await fixtureIn(harness.folder, harness.settings).candidate('1', { services, provided: { db } })
    const { env } = await ask(await stage.deploy(desired))
    expect(env).toMatchObject({ DB_URL: expect.stringContaining('cloud://'), CLOUD_REGION: 'eu-1' })
    await stage.clear()
    await harness.dispose()
  })
})
