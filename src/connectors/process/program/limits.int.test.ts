import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOfTree } from '../../../flow/candidate/tree.ts'
import { ask, serviceOf, Stage } from '../../../flow/environment/contract-stage.ts'
import { fixtureIn, web } from '../../../flow/environment/fixture.ts'
import { detectLimiting, limiter } from './limits.ts'
import { makeHome, type TestHome } from '../testing.ts'

const limiting = detectLimiting()
const canLimit = limiting.by.startsWith('cgroup') && Object.keys(limiting.missing).length === 0
const limits = { memoryBytes: 160 * 1024 ** 2, cpus: 0.5, pids: 60 }

describe.skipIf(!canLimit)('limits (needs control groups that can be written to)', () => {
  let home: TestHome
  let stage: Stage
  beforeAll(async () => {
    home = await makeHome(digestOfTree)
    stage = new Stage(home.provider())
  })
  afterAll(() => home.dispose())
  const groups = async (id: string) => {
    const folders = [...new Set(limiting.knobs.map(({ folder }) => folder))]
    const all = await Promise.all(folders.map(async (folder) => (await readdir(folder)).map((name) => path.join(folder, name))))
    return all.flat().filter((each) => path.basename(each) === `threeways-${id}`)
  }

  it('hold for a service and all it starts, are told when memory ends it, seen when changed, and leave nothing', async () => {
    const hungry = `
      import http from 'node:http'
      const kept = []
      http.createServer((request, response) => {
        if (request.url === '/eat') setInterval(() => kept.push(Buffer.alloc(8 << 20, 1)), 5)
        response.end('{}')
      }).listen(process.env.PORT, '127.0.0.1')`
    const services = { web: { ...web, command: [process.execPath, 'hungry.mjs'], health: undefined, limits } }
    const observed = await stage.deploy(await fixtureIn(`${home.folder}/candidates`).candidate('1', { services }, { 'hungry.mjs': hungry }))
    const { environment } = stage
    expect(observed.limits).toBe(`limits kept by ${limiting.by}`)
    const id = (await readdir(path.join(home.home, 'environments', environment, 'instances')))[0]!
    expect((await groups(id)).length).toBeGreaterThan(0)
    const own = limiter(id, limits, limiting)
    expect(await own.changed()).toBeUndefined()
    const [pidsGroup] = (await groups(id)).filter((group) => existsSync(path.join(group, 'pids.max')))
    await writeFile(path.join(pidsGroup!, 'pids.max'), '1000')
    expect(await own.changed()).toEqual({ expected: 'pids.max 60', observed: 'pids.max 1000' })
    // As for a server that was started in another group than the one before it.
    expect(await limiter('elsewhere', limits, limiting).changed()).toBeUndefined()
    await ask(observed, '/eat').catch(() => {})
    const killed = await stage.eventually(({ services: [one] }) => one?.problem?.includes('killed') === true)
    const { problem } = serviceOf(killed, 'web')
    expect(problem).toMatch(/^was killed by its memory limit of 160 MiB after/)
    await stage.clear()
    expect(await groups(id)).toEqual([])
  })

  it('leave nothing of an environment either whose record cannot be read', async () => {
    const services = { web: { ...web, limits } }
    await stage.deploy(await fixtureIn(`${home.folder}/candidates`).candidate('2', { services }))
    const folder = path.join(home.home, 'environments', stage.environment)
    const id = (await readdir(path.join(folder, 'instances')))[0]!
    expect((await groups(id)).length).toBeGreaterThan(0)
    await stage.provider.close('leave')
    await writeFile(path.join(folder, 'state.json'), 'no json')
    stage.provider = home.provider()
    await stage.provider.destroy(stage.environment)
    expect(await groups(id)).toEqual([])
  })
})
