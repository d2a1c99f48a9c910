import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPodman, testBase, whyNoPodman, type Podman } from '../../src/connectors/docker/testing.ts'
import { run } from '../../src/kernel/process.ts'
import { composeCalls } from './as-compose.ts'
import { makeShop, type Shop } from './shop.ts'

const asks = `fetch(process.env.SHOP_URL).then((a) => a.text()).then((t) => console.log(t)).then(() => setInterval(() => {}, 1000))`
const composeFile = {
  name: 'stock',
  services: {
    shop: { provider: { type: 'threeways', options: { environment: 'test', service: 'web' } } },
    asker: { image: testBase, network_mode: 'host', depends_on: ['shop'], command: [process.execPath, '-e', asks] },
  },
}

// Needs the `docker` client with its Compose plugin, and Podman for an engine: TEST_DOCKER_COMPOSE=1.
const isOff = process.env['TEST_DOCKER_COMPOSE'] !== '1' || whyNoPodman() !== undefined
describe.skipIf(isOff)('stock docker compose', { timeout: 180_000 }, () => {
  let shop: Shop
  let podman: Podman
  beforeAll(async () => {
    shop = await makeShop()
    podman = await startPodman()
    await writeFile(path.join(shop.author.folder, 'compose.yaml'), JSON.stringify(composeFile))
  }, 120_000)
  afterAll(async () => {
    await podman.dispose()
    await shop.dispose()
  })
  const compose = (...args: string[]) =>
    run('docker', ['compose', ...args], {
      cwd: shop.author.folder,
      env: { ...shop.env, DOCKER_HOST: `unix://${podman.socketPath}` },
      timeoutMs: 120_000,
    })

  it('starts our services before the containers that depend on them, which find them by their variables', async () => {
    const up = await compose('up', '--detach')
    expect([up.code, up.stderr]).toEqual([0, expect.stringContaining('asker-1')])
    let logs = ''
    while (!logs.includes('from')) {
      await sleep(200)
      logs = (await compose('logs', 'asker')).stdout
    }
    expect(logs).toContain('hello from shop/compose-shop')
  })

  it('shows what is wrong, and takes everything down', async () => {
    await writeFile(path.join(shop.author.folder, 'compose.yaml'), JSON.stringify(composeFile).replace('"test"', '"tset"'))
    const wrong = await compose('up', '--detach')
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('did you mean "test"?')])
    expect((await compose('down')).code).toBe(0)
    expect(await shop.leftovers()).toEqual([])
  })

  it('serves those in a network of their own where it is told to listen for them, as on a bridge of Docker', async () => {
    const ip = (...args: string[]) => run('ip', args)
    const near = '10.231.7.1'
    await ip('netns', 'add', 'threeways-far')
    try {
      await ip('link', 'add', 'tw-near', 'type', 'veth', 'peer', 'name', 'tw-far', 'netns', 'threeways-far')
      await ip('addr', 'add', `${near}/24`, 'dev', 'tw-near')
      await ip('link', 'set', 'tw-near', 'up')
      await ip('-n', 'threeways-far', 'addr', 'add', '10.231.7.2/24', 'dev', 'tw-far')
      await ip('-n', 'threeways-far', 'link', 'set', 'tw-far', 'up')
      const project = { project: 'bridged', cwd: shop.author.folder, env: shop.env }
      const provider = { type: 'threeways', options: { environment: 'test', service: 'web', bind: near } }
      const { variables, info } = await composeCalls('up', provider, 'shop', project)
      expect(info.join()).not.toContain('network_mode')
      const answer = await run('ip', ['netns', 'exec', 'threeways-far', 'curl', '-s', variables['SHOP_URL']!])
      expect(answer.stdout).toBe('hello from shop/compose-shop')
      expect((await composeCalls('down', provider, 'shop', project)).code).toBe(0)
    } finally {
      await ip('link', 'del', 'tw-near')
      await ip('netns', 'del', 'threeways-far')
    }
  })
})
