import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pidsMarked, run } from '../../src/kernel/process.ts'
import { runningServer } from '../../src/server/home.ts'
import { composeCalls, lookPath, metadataOf } from './as-compose.ts'
import { makeShop, type Shop } from './shop.ts'

let shop: Shop
const project = 'our-shop'
beforeAll(async () => {
  shop = await makeShop()
})
afterAll(async () => {
  await calls('down', 'web')
  await calls('down', 'other')
  await shop.dispose()
})

const calls = (command: 'up' | 'down' | 'stop', service: string, options: Record<string, string> = { environment: 'test' }) =>
  composeCalls(command, { type: 'threeways', options }, service, { project, cwd: shop.author.folder, env: shop.env })
const servicesOf = (environment: string) => pidsMarked('THREEWAYS_ENVIRONMENT', environment)

describe('threeways as a provider of Docker Compose', { timeout: 120_000 }, () => {
  it('says which options it takes, with what is required', async () => {
    const program = await lookPath('threeways', shop.env.PATH)
    const metadata = await metadataOf(program, shop.author.folder, shop.env)
    expect(metadata!.up.parameters!.filter(({ required }) => required).map(({ name }) => name)).toEqual(['environment'])
    expect(metadata).toMatchObject({ description: expect.any(String), down: { parameters: [] }, stop: { parameters: [] } })
    expect((await calls('up', 'web', {})).error).toContain('required parameter "environment" is missing')
  })

  it('brings an environment up that outlives the command, and tells dependants where each service is', async () => {
    const { code, variables, error, info } = await calls('up', 'web')
    expect([code, error]).toEqual([0, undefined])
    expect(Object.keys(variables).toSorted()).toEqual(
      ['', 'API_', 'WEB_'].flatMap((prefix) => ['HOST', 'PORT', 'URL'].map((what) => `WEB_${prefix}${what}`)).toSorted(),
    )
    expect(variables['WEB_URL']).toBe(`http://${variables['WEB_HOST']}:${variables['WEB_PORT']}`)
    expect(variables['WEB_WEB_URL']).toBe(variables['WEB_URL'])
    expect(await (await fetch(variables['WEB_URL']!)).text()).toBe('hello from shop/compose-web')
    expect(await (await fetch(variables['WEB_API_URL']!)).text()).toBe('goodbye from shop/compose-web')
    expect(info.at(-1)).toContain('network_mode: host')
  })

  it('says the same again, and starts and builds nothing', async () => {
    const before = await calls('up', 'web')
    const pids = await servicesOf('shop/compose-web')
    const again = await calls('up', 'web')
    expect(again).toEqual(before)
    expect(again.info).toHaveLength(1)
    expect((await servicesOf('shop/compose-web')).toSorted()).toEqual(pids.toSorted())
  })

  it('says what is wrong on standard output, where, and what to do', async () => {
    expect((await calls('up', 'web', { environment: 'tset' })).error).toContain('did you mean "test"?')
    expect((await calls('up', 'web', { environment: 'test', definition: 'elsewhere/threeways.yaml' })).error).toMatch(
      /elsewhere\/threeways\.yaml" is not there\n.*relative path/,
    )
    expect((await calls('up', 'other', { environment: 'test', bind: '127.0.0.2' })).error).toContain('"web" asks for 127.0.0.1')
    const text = JSON.stringify({ name: 'shop', services: { web: { comand: 'node' } } }, null, 2)
    await shop.author.write({ 'threeways.yaml': text })
    const broken = await shop.author.commit('Break it')
    const { code, error } = await calls('up', 'web', { environment: 'test', revision: broken })
    expect(code).not.toBe(0)
    expect(error).toMatch(/threeways\.yaml:5:7 unknown key "comand".*did you mean "command"\?/s)
    const program = await lookPath('threeways', shop.env.PATH)
    const strange = await run(program, ['compose', `--project-name=${project}`, 'up', '--colour=red', 'web'], { env: shop.env })
    expect(strange.code).not.toBe(0)
    expect(JSON.parse(strange.stdout)).toMatchObject({ type: 'error', message: expect.stringContaining('--colour') })
  })

  it('stops with its address and data kept, and comes back with up', async () => {
    const options = { environment: 'test', revision: 'HEAD~1' }
    const before = await calls('up', 'web', options)
    expect((await calls('stop', 'web')).code).toBe(0)
    expect(await servicesOf('shop/compose-web')).toEqual([])
    await expect(fetch(before.variables['WEB_URL']!)).rejects.toThrow('fetch failed')
    expect((await calls('up', 'web', options)).variables).toEqual(before.variables)
    expect(await (await fetch(before.variables['WEB_URL']!)).text()).toBe('hello from shop/compose-web')
  })

  it('keeps other services of the project when one goes, and nothing at all with the last, even of a server that was killed', async () => {
    const options = { environment: 'production', revision: 'HEAD~1', service: 'api' }
    // Compose asks for all of a project at once.
    const [other, web] = await Promise.all([calls('up', 'other', options), calls('up', 'web', { environment: 'test', revision: 'HEAD~1' })])
    expect([other.error, web.error]).toEqual([undefined, undefined])
    expect((await calls('stop', 'other')).code).toBe(0)
    expect((await fetch(other.variables['OTHER_URL']!)).status).toBe(503)
    await calls('up', 'other', options)
    expect((await calls('down', 'web')).code).toBe(0)
    expect(await servicesOf('shop/compose-web')).toEqual([])
    expect(await (await fetch(other.variables['OTHER_URL']!)).text()).toBe('goodbye from shop/compose-other')
    const server = await runningServer(path.join(shop.data, 'threeways-compose', project, 'home'))
    process.kill(server!.process.pid, 'SIGKILL')
    expect((await calls('down', 'other')).code).toBe(0)
    expect(await servicesOf('shop/compose-other')).toEqual([])
    expect(await shop.leftovers()).toEqual([])
    expect((await calls('down', 'other')).code).toBe(0)
  })

  it('leaves nothing of a project whose first up was killed while its server started', async () => {
    const program = await lookPath('threeways', shop.env.PATH)
    const args = ['compose', `--project-name=${project}`, 'up', '--environment=test', '--revision=HEAD~1', 'web']
    const killed = spawn(program, args, { cwd: shop.author.folder, env: shop.env, stdio: 'ignore', detached: true })
    const note = path.join(shop.data, 'threeways-compose', project, 'project.json')
    while (!(await readFile(note, 'utf8').catch(() => '')).includes('"server"')) await sleep(5)
    process.kill(-killed.pid!, 'SIGKILL')
    expect((await calls('down', 'web')).code).toBe(0)
    expect(await shop.leftovers()).toEqual([])
  })
})
