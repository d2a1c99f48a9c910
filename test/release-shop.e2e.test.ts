import { readFile, readdir, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serve, type ServerType } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { makeScratchRepository } from '../examples/parts-unlimited/story/scratch.ts'
import { visitShop } from '../examples/parts-unlimited/story/visitors.ts'
import { git } from '../src/connectors/git/command.ts'
import type { RunView } from '../src/flow/pipeline/schemas.ts'
import { openTestThreeways, type TestThreeways } from '../src/server/testing.ts'

const example = path.resolve(import.meta.dirname, '../examples/parts-unlimited')

describe('the example shop, with what is not released in it', () => {
  let t: TestThreeways
  let server: ServerType
  let shop: string
  beforeAll(async () => {
    t = await openTestThreeways()
    server = serve({ fetch: t.threeways.app.fetch, port: 0, hostname: '127.0.0.1' })
    await new Promise((resolve) => server.once('listening', resolve))
    await publish()
    shop = await deliver(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }, 120_000)
  afterAll(async () => {
    server.close()
    await t.close()
  })

  /** As the commands of its README do. */
  async function publish(): Promise<void> {
    const names = await readdir(path.join(example, 'flags'))
    const files = await Promise.all(
      names.map(async (file) => ({ file, document: await readFile(path.join(example, 'flags', file), 'utf8') })),
    )
    expect((await t.ask('PUT', '/api/flags', { files, reason: 'to be seen' })).body).not.toHaveProperty('code')
    const plan = parse(await readFile(path.join(example, 'experiment.yaml'), 'utf8')) as unknown
    expect((await t.ask('POST', '/api/experiments', { plan })).status).toBe(201)
    expect((await t.ask('POST', '/api/experiments/one-page-or-two/start')).status).toBe(200)
  }

  /** Where flags are served here, and a token to ask with: nobody is trusted for being on this machine. */
  async function deliver(flagServer: string): Promise<string> {
    const { body } = await t.ask('POST', '/api/tokens', { name: 'shop', scopes: ['evaluate'] })
    const repository = path.join(t.home.folder, '..', 'parts-unlimited')
    await makeScratchRepository(repository)
    const file = path.join(repository, 'threeways.yaml')
    const written = await readFile(file, 'utf8')
    const here = written
      .replace('http://127.0.0.1:7333', flagServer)
      .replace('FLAGS_URL: ""', `FLAGS_URL: "", FLAGS_TOKEN: ${(body as { secret: string }).secret}`)
    expect(here).not.toBe(written)
    await writeFile(file, here)
    await git(repository, ['commit', '--quiet', '--all', '--no-verify', '--message', 'Ask for flags elsewhere'], {
      env: { GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@a.example', GIT_COMMITTER_NAME: 'A', GIT_COMMITTER_EMAIL: 'a@a.example' },
    })
    const { run } = (await t.ask('POST', '/api/deliveries', { repository })).body as { run: RunView }
    for (let now = run; now.finishedAt === null; await sleep(100)) {
      now = await t.run(run.id)
      if (now.state === 'failed') throw new Error(JSON.stringify(now.message))
    }
    return (await t.stream('parts-unlimited')).stages.at(-1)!.environment!.urls['web']!
  }

  async function eventually<T>(path: string, holds: (body: T) => boolean): Promise<T> {
    for (const deadline = Date.now() + 25_000; ; await sleep(200)) {
      const body = (await t.ask('GET', path)).body as T
      if (holds(body) || Date.now() > deadline) return body
    }
  }

  it('rehearses the chat, ramps the checkout, and runs the experiment for visitors who come over HTTP', async () => {
    let state = 11
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    const seen = await visitShop({ shop, visitors: 60, perSecond: 60, random })
    expect(seen).toMatchObject({ visitors: 60, failed: 0 })
    expect(seen['in the basket']).toBeGreaterThan(10)
    expect(seen['on a page of its own']).toBeGreaterThan(10)
    const experiment = await eventually<{ units: number }>('/api/experiments/one-page-or-two', ({ units }) => units === 60)
    expect(experiment).toMatchObject({
      units: 60,
      arms: [
        { arm: 'in-basket', units: seen['in the basket'] },
        { arm: 'own-page', units: seen['on a page of its own'] },
      ],
    })
    const readiness = await eventually<{ rehearsals: number }>('/api/flags/chat/readiness', ({ rehearsals }) => rehearsals > 0)
    expect(readiness).toMatchObject({ ready: 'not yet', differing: { share: 0 }, failing: { share: 0 } })
    const traffic = await eventually<{ days: { variant: string; asked: number }[] }>(
      '/api/flags/stock-at-once/traffic',
      ({ days }) => days.length > 0,
    )
    expect(traffic.days.reduce((sum, { asked }) => sum + asked, 0)).toBe(seen.ordered)
  }, 90_000)

  it('sells on as before while nobody can be asked for flags', async () => {
    server.close()
    if ('closeAllConnections' in server) server.closeAllConnections()
    const seen = await visitShop({ shop, visitors: 10, perSecond: 50 })
    expect(seen).toMatchObject({ visitors: 10, failed: 0 })
  })
})
