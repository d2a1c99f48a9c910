import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readStatusTargets, statusFile } from '../../server/status-settings.ts'
import { makeOutbox } from './outbox.ts'
import type { StatusTables } from './tables.ts'
import { keepTelling } from './telling.ts'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'

type Asked = { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: Record<string, string> }
type Refusal = { readonly status: number; readonly headers?: Record<string, string>; readonly body: object }

const secret = 'ghp_none-of-your-business'
const definition = JSON.stringify({
  name: 'shop',
  services: { web: { 'x-run': { command: ['sleep', '600'] } } },
  'x-threeways': {
    version: 1,
    artifact: { build: [['true']], pack: ['app'] },
    checks: { unit: { run: ['true'] } },
    pipeline: {
      stages: [
        { name: 'test', checks: ['unit'] },
        { name: 'prod', after: ['test'], auto: false, checks: ['unit'] },
      ],
    },
  },
})

describe('hosts of repositories that are told how commits stand', () => {
  const asked: Asked[] = []
  const refusals: Refusal[] = []
  const logged: string[] = []
  // Speaks the two endpoints, with answers as github.com and gitlab.com give them.
  const host = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push({ url: request.url!, headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) as Asked['body'] })
      const refusal = refusals.shift()
      response.writeHead(refusal?.status ?? 201, { 'content-type': 'application/json', ...refusal?.headers })
      response.end(JSON.stringify(refusal?.body ?? { id: 1, state: 'success' }))
    })
  })
  let t: TestThreeways
  let telling: ReturnType<typeof keepTelling> | undefined
  let commit = ''
  const stops = async () => ((await t.ask('GET', '/api/line')).body as { stops: never[] }).stops
  const latest = (kind: 'github' | 'gitlab') =>
    Object.fromEntries(
      asked
        .filter(({ url }) => url.startsWith(kind === 'github' ? '/repos/acme/shop/' : '/projects/acme%2Fshop/'))
        .map(({ body }) => [body['context'] ?? body['name'], body['state']]),
    )

  async function begin(): Promise<void> {
    const targets = await readStatusTargets(t.home.folder, { STATUS_TOKEN: secret })
    telling = keepTelling({ ledger: t.threeways.ledger, targets, openStops: stops, log: (said) => logged.push(said), firstRetryMs: 20 })
    await sleep(300)
  }

  beforeAll(async () => {
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
    const api = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
    t = await openTestThreeways()
    const common = { repository: 'acme/shop', streams: ['shop'], api, page: 'https://threeways.example/' }
    const targets = [
      { kind: 'github', tokenEnv: 'STATUS_TOKEN', ...common },
      { kind: 'gitlab', tokenFile: 'gitlab-token', ...common },
    ]
    await writeFile(path.join(t.home.folder, 'gitlab-token'), `${secret}\n`)
    await writeFile(path.join(t.home.folder, statusFile), JSON.stringify({ targets }))
    await begin()
  })
  afterAll(async () => {
    await telling?.close()
    host.close()
    await t.close()
  })

  it('shows each stage and the line beside the commit, however often a host is away or asks to wait', async () => {
    refusals.push(
      { status: 502, body: { message: 'Bad Gateway' } },
      { status: 403, headers: { 'retry-after': '1' }, body: { message: 'You have exceeded a secondary rate limit.' } },
      { status: 422, body: { message: 'No commit found for SHA: 0000000' } },
    )
    await t.author.write({ 'threeways.yaml': definition, app: 'one\n' })
    await t.author.commit('Sell parts')
    const { id } = await t.deliver()
    const run = await t.until(id, ({ steps }) => steps.some(({ name, state }) => name === 'prod/promote' && state === 'waiting'))
    commit = run.commit
    const stages = { 'threeways/shop/test': 'success', 'threeways/shop/prod': 'pending', 'threeways/shop/line': 'success' }
    await expect.poll(() => latest('github'), { timeout: 15_000 }).toEqual(stages)
    await expect.poll(() => latest('gitlab'), { timeout: 15_000 }).toEqual(stages)
    const [github, gitlab] = ['/repos/', '/projects/'].map((at) =>
      asked.findLast(({ url, body }) => url.startsWith(at) && (body['context'] ?? body['name'])!.endsWith('/prod'))!,
    )
    expect(github).toMatchObject({
      url: `/repos/acme/shop/statuses/${commit}`,
      headers: { authorization: `Bearer ${secret}`, accept: 'application/vnd.github+json' },
      body: { target_url: `https://threeways.example/runs/${id}`, description: expect.stringMatching(/^.{1,100}waits for .{1,100}$/) },
    })
    expect(gitlab).toMatchObject({
      url: `/projects/acme%2Fshop/statuses/${commit}`,
      headers: { 'private-token': secret },
      body: { state: 'pending' },
    })
  })

  it('goes on where it was after a restart, and tells nothing twice', async () => {
    await telling!.close()
    const before = asked.length
    await t.ask('POST', '/api/streams/shop/stop', { reason: 'prices are wrong' })
    await begin()
    await expect
      .poll(() => [latest('github'), latest('gitlab')].map((told) => told['threeways/shop/line']), { timeout: 10_000 })
      .toEqual(['failure', 'failed'])
    await sleep(500)
    const again = asked.slice(before).map(({ url, body }) => [url, body['context'] ?? body['name'], body['description']].join(' '))
    expect(new Set(again).size).toBe(again.length)
    expect(again).toContainEqual(expect.stringContaining('threeways/shop/line the line is stopped: prices are wrong'))
    expect(again.join()).not.toContain('shop/test')
  })

  it('tells every host when each is named to another server on the same ledger', async () => {
    await telling!.close()
    const targets = await readStatusTargets(t.home.folder, { STATUS_TOKEN: secret })
    const common = { ledger: t.threeways.ledger, openStops: stops, log: (said: string) => void logged.push(said), firstRetryMs: 20 }
    const both = targets.map((target) => keepTelling({ ...common, targets: [target] }))
    const [stop] = (await stops()) as { id: string }[]
    await t.ask('POST', '/api/streams/shop/start', { stop: stop!.id, reason: 'prices are right' })
    await expect
      .poll(() => [latest('github'), latest('gitlab')].map((told) => told['threeways/shop/line']), { timeout: 10_000 })
      .toEqual(['success', 'success'])
    await Promise.all(both.map((one) => one.close()))
  })

  it('forgets what was told long ago, and nothing that is still to be told', async () => {
    const outbox = makeOutbox({ ledger: t.threeways.ledger, log: () => {} })
    const rows = () => t.threeways.ledger.db.withTables<StatusTables>().selectFrom('statusOutbox').select('context').execute()
    const all = await rows()
    expect(await outbox.prune()).toBe(0)
    await sql`update status_outbox set told_revision = revision, not_before = now() - interval '91 days'`.execute(t.threeways.ledger.db)
    await sql`update status_outbox set revision = revision + 1 where context like '%/prod' and target like 'github%'`.execute(
      t.threeways.ledger.db,
    )
    expect(await outbox.prune()).toBe(all.length - 1)
    expect(await rows()).toEqual([{ context: 'threeways/shop/prod' }])
  })

  it('never says the token, and refuses settings it cannot use', async () => {
    expect(logged.join('\n')).toContain('Bad Gateway')
    expect(logged.join('\n')).not.toContain(secret)
    const target = { kind: 'github', repository: 'acme/shop', streams: ['shop'], tokenEnv: 'NOBODY' }
    const reading = async (settings: unknown) => {
      await writeFile(path.join(t.home.folder, statusFile), typeof settings === 'string' ? settings : JSON.stringify(settings))
      return readStatusTargets(t.home.folder, {})
    }
    await expect(reading({ targets: [target] })).rejects.toThrow(/no token in the variable NOBODY/)
    await expect(reading({ targets: [{ ...target, repository: 'shop' }] })).rejects.toThrow(/owner\/name/)
    await expect(reading({ targets: [{ ...target, tokenFile: 'x' }] })).rejects.toThrow(/one of them/)
    await expect(reading({ targets: [{ ...target, tokne: 'x' }] })).rejects.toThrow(/tokne/)
    await expect(reading('{')).rejects.toThrow(statusFile)
    await expect(reading({ targets: [target, { ...target, streams: ['cart'] }] })).rejects.toThrow(/github acme\/shop is there twice/)
    expect(await reading({ targets: [] })).toEqual([])
    const elsewhere = { ...target, api: 'https://git.acme.example/api/v3' }
    await writeFile(path.join(t.home.folder, statusFile), JSON.stringify({ targets: [target, elsewhere] }))
    const names = (await readStatusTargets(t.home.folder, { NOBODY: secret })).map(({ name }) => name)
    expect(names).toEqual(['github acme/shop', 'github acme/shop at https://git.acme.example/api/v3'])
  })
})
