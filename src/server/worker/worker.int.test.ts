import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serve, type ServerType } from '@hono/node-server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { removeTree } from '../../flow/candidate/folders.ts'
import { pidsMarked } from '../../kernel/process.ts'
import { openProxy, type Proxy } from '../../ledger/store/proxy.fixture.ts'
import { openTestThreeways, type TestThreeways } from '../testing.ts'
import { startWorker, type RunningWorker, type WorkerOptions } from './worker.ts'

const lock = JSON.stringify({
  lockfileVersion: 3,
  packages: { '': { dependencies: { left: '1' } }, 'node_modules/left': { version: '1.2.3' } },
})

describe('a worker on another machine', () => {
  let t: TestThreeways
  let server: ServerType
  let way: Proxy
  let token: string
  let place: string
  const workers: RunningWorker[] = []
  const said: string[] = []

  beforeAll(async () => {
    t = await openTestThreeways()
    place = await mkdtemp(path.join(tmpdir(), 'threeways worker '))
    server = await new Promise<ServerType>((resolve) => {
      const opened = serve({ fetch: (request) => t.threeways.app.fetch(request), port: 0, hostname: '127.0.0.1' }, () => resolve(opened))
    })
    way = await openProxy((server.address() as AddressInfo).port)
    token = ((await t.ask('POST', '/api/tokens', { name: 'builder', scopes: ['work'] })).body as { secret: string }).secret
  })
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close()))
    said.length = 0
  })
  afterAll(async () => {
    await way.close()
    const closed = new Promise((resolve) => server.close(resolve))
    if ('closeAllConnections' in server) server.closeAllConnections()
    await closed
    await t.close()
    await removeTree(place)
  })

  async function work(name: string, more: Partial<WorkerOptions> = {}): Promise<RunningWorker> {
    await mkdir(path.join(place, name), { recursive: true })
    const url = `http://127.0.0.1:${way.port}`
    const options = {
      home: path.join(place, name),
      server: url,
      token,
      name,
      labels: {},
      capacity: 4,
      log: (text: string) => void said.push(text),
    }
    const worker = await startWorker({ ...options, ...more })
    workers.push(worker)
    await expect.poll(() => t.threeways.engine.machines().some((machine) => machine.name === name && machine.alive)).toBe(true)
    return worker
  }

  async function commit(checks: Record<string, object>, stages: object[] = [{ name: 'dev', checks: Object.keys(checks) }]) {
    const build = ['sh', '-c', 'cat app > built; pwd > where; env > build.env']
    await t.author.write({
      app: 'the app',
      'package-lock.json': lock,
      'threeways.yaml': JSON.stringify({
        name: 'shop',
        services: { web: { 'x-run': { command: ['sleep', '600'] } } },
        'x-threeways': {
          version: 1,
          artifact: { build: [build], pack: ['built', 'where'] },
          environments: { lab: {} },
          checks,
          pipeline: { stages },
        },
      }),
    })
    await t.author.commit('Change something')
  }
  const at = (name: string) => readFile(path.join(place, name, 'home.json'), 'utf8').then((text) => (JSON.parse(text) as { id: string }).id)
  const log = async (run: string, step: string) =>
    (
      await t.threeways.app.request(`/api/runs/${run}/log?step=${step}`, { headers: { authorization: `Bearer ${t.threeways.adminToken}` } })
    ).text()

  it('checks out, builds and checks, and the server deploys what it made', async () => {
    await work('one')
    await commit({ unit: { run: ['sh', '-c', 'echo hello from the check; cat built'], report: undefined } }, [
      { name: 'dev', environment: 'lab', checks: ['unit'] },
    ])
    const run = await t.ended((await t.deliver()).id)
    expect(run).toMatchObject({ state: 'succeeded', message: null })
    const { folder } = (await t.threeways.workshop.ledger.db
      .withTables<{ build: { folder: string; candidate: string } }>()
      .selectFrom('build')
      .select('folder')
      .where('candidate', '=', run.candidate!)
      .executeTakeFirst())!
    expect(await readFile(path.join(folder, 'where'), 'utf8')).toContain(await at('one'))
    expect(await log(run.id, 'dev/check/unit')).toBe('hello from the check\nthe app')
    expect((await t.threeways.workshop.provider.observe('shop/lab' as never)).traffic).toBe(run.candidate)
    // Signed by the server, which says that the worker built it, and what it read in the commit itself.
    const { attestations } = (await t.ask('GET', `/api/candidates/${run.candidate}/attestations`)).body as {
      attestations: { kind: string; envelope: { payload: string } }[]
    }
    const told = attestations.map(({ kind, envelope }) => ({
      kind,
      says: JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as { predicate: object },
    }))
    expect(told.find(({ kind }) => kind === 'provenance')!.says.predicate).toMatchObject({
      runDetails: {
        builder: {
          id: `urn:threeways:worker:builder.${await at('one')}`,
          builderDependencies: [{ name: 'server', uri: `urn:threeways:server:${t.home.id}` }],
        },
      },
    })
    expect(told.find(({ kind }) => kind === 'test-result')!.says.predicate).toMatchObject({
      configuration: [{ annotations: { by: `urn:threeways:worker:builder.${await at('one')}` } }],
    })
    expect((await t.ask('GET', `/api/candidates/${run.candidate}/sbom`)).body).toMatchObject({
      components: [{ purl: 'pkg:npm/left@1.2.3' }],
      compositions: [{ aggregate: 'complete' }],
    })
  })

  it('gets nothing of the server: neither its token nor the place of the repository', async () => {
    await work('one')
    await commit({ look: { run: ['sh', '-c', 'env; cat build.env; ps -ef || true'] } })
    const run = await t.ended((await t.deliver()).id)
    expect(run.state).toBe('succeeded')
    const noted = [await log(run.id, 'dev/check/look'), await log(run.id, 'build 1')].join('\n')
    for (const secret of [t.threeways.adminToken, token, t.author.folder]) expect(noted).not.toContain(secret)
    const held = { home: await at('one'), run: run.id, name: 'build 1', fence: '1' }
    // A token for working is good for nothing else, and for no step that is over.
    expect(await t.ask('GET', '/api/runs/x', undefined, token)).toMatchObject({ status: 403 })
    expect(await t.ask('GET', `/api/work/source?${new URLSearchParams(held)}`, undefined, token)).toMatchObject({ status: 409 })
    const reader = ((await t.ask('POST', '/api/tokens', { name: 'reader', scopes: ['read', 'deliver'] })).body as { secret: string }).secret
    expect(await t.ask('POST', '/api/work/beat', {}, reader)).toMatchObject({ status: 403 })
  })

  it('takes what asks for its labels, and makes the checkout of another machine again with the very files of the candidate', async () => {
    await commit({
      render: { run: ['sh', '-c', 'cat where built'], on: { gpu: '1' } },
      unit: { run: ['true'], on: { arch: process.arch } },
    })
    const { id } = await t.deliver()
    const waiting = await t.until(id, ({ steps }) =>
      steps.some(({ name, waiting }) => name === 'dev/check/render' && waiting?.kind === 'worker'),
    )
    expect(waiting.steps.find(({ name }) => name === 'dev/check/render')!.waiting!.why).toBe('no worker here has gpu=1')
    await work('painter', { labels: { gpu: '1' } })
    const run = await t.ended(id)
    expect(run.state).toBe('succeeded')
    // Built on the server, checked on the worker: the file that names the folder of its build names the server's.
    const text = await log(id, 'dev/check/render')
    expect(text).toContain('is made again on this machine')
    expect(text).toContain(path.join(t.home.work, 'runs', id))
  })

  it('that is cut off loses its step to another, exactly once, and is not listened to when it comes back', async () => {
    await work('zombie', { capacity: 1 })
    const trace = path.join(place, 'trace')
    await commit({ slow: { run: ['sh', '-c', `pwd >> '${trace}'; sleep 1`], idempotent: true } })
    const { id } = await t.deliver()
    await expect.poll(() => readFile(trace, 'utf8').catch(() => ''), { timeout: 15_000 }).toContain(await at('zombie'))
    way.freeze()
    const run = await t.ended(id)
    way.mend()
    expect(run).toMatchObject({ state: 'succeeded' })
    const { attempt } = run.steps.find(({ name }) => name === 'dev/check/slow')!
    // On a machine that is busy a lease may run out once more.
    expect(attempt).toBeGreaterThan(1)
    expect((await readFile(trace, 'utf8')).trim().split('\n')).toHaveLength(attempt)
    await expect.poll(() => said.join('\n'), { timeout: 15_000 }).toMatch(/no longer this worker's|was taken by another/)
    const events = await t.threeways.ledger.read({ chainId: id, limit: 1_000 })
    const ends = events.flatMap(({ event }) =>
      event.type.includes('taskrun.finished') && event.subject!.includes('slow') ? [event.subject!.at(-1)] : [],
    )
    expect(ends).toEqual(Array.from({ length: attempt }, (_, index) => String(index + 1)))
  })

  it('that ends hands its steps back, and leaves no process behind', async () => {
    const worker = await work('leaver')
    await commit({ slow: { run: ['sh', '-c', 'test -f /nonexistent || sleep 2'], idempotent: true } })
    const { id } = await t.deliver()
    const home = await at('leaver')
    await t.until(id, ({ steps }) => steps.some(({ name, state }) => name === 'dev/check/slow' && state === 'running'))
    await expect.poll(() => pidsMarked('THREEWAYS_HOME_ID', home), { timeout: 10_000 }).not.toEqual([])
    workers.splice(0)
    await worker.close()
    expect(await pidsMarked('THREEWAYS_HOME_ID', home)).toEqual([])
    expect(await t.ended(id)).toMatchObject({ state: 'succeeded' })
  })

  it('is believed only what the server cannot know: a lie about the commit fails the step and accuses nobody', async () => {
    await commit({ unit: { run: ['true'] } })
    const worker = { home: 'liar-liar-liar', name: 'liar', labels: {}, capacity: 1 }
    await t.ask('POST', '/api/work/beat', { worker, holding: [] }, token)
    await expect.poll(() => t.threeways.engine.machines().some(({ name, alive }) => name === 'liar' && alive)).toBe(true)
    const beating = setInterval(() => void t.ask('POST', '/api/work/beat', { worker, holding: [] }, token), 300)
    try {
      const { id } = await t.deliver()
      const { given } = (await t.ask('POST', '/api/work/take', { worker, holding: [], waitMs: 5_000 }, token)).body as {
        given: { step: { run: string; name: string; fence: number } }[]
      }
      const { run, name, fence } = given.find(({ step }) => step.run === id)!.step
      expect(name).toBe('checkout')
      const step = { run, name, fence }
      const lockFiles = { 'package-lock.json': `sha256:${'0'.repeat(64)}` }
      const checkout = { commit: '0'.repeat(40), committedAt: '2026-01-01T00:00:00.000Z', folder: '/', temporary: '/', lockFiles }
      const end = { worker, holding: [], step, how: { end: 'succeeded', output: { checkout, tools: {} } } }
      // Whoever does not hold it, or held it once, is not heard.
      for (const other of [
        { ...end, step: { ...step, fence: fence + 1 } },
        { ...end, worker: { ...worker, home: 'another-home' } },
      ])
        expect(await t.ask('POST', '/api/work/end', other, token)).toMatchObject({ status: 409, body: { code: 'STEP_NOT_YOURS' } })
      // Asked again before there was an answer, as over a way that loses packets: it is one end.
      const twice = await Promise.all([0, 1].map(() => t.ask('POST', '/api/work/end', end, token)))
      expect(twice.map(({ status }) => status)).toEqual([200, 200])
      const ended = await t.ended(id)
      expect(ended).toMatchObject({ state: 'failed', message: expect.stringContaining('is not believed: its lock files') as string })
      expect((await t.stream()).line.stops).toEqual([])
    } finally {
      clearInterval(beating)
    }
  })

  it('is not let in with a token that is not for it, and refuses what it cannot be', async () => {
    await writeFile(path.join(place, 'file'), '')
    await expect(work('liar', { token: 'x'.repeat(43) })).rejects.toMatchObject({ code: 'TOKEN_UNKNOWN' })
    await expect(work('na me')).rejects.toMatchObject({ code: 'WORKER_INVALID' })
    await rm(path.join(place, 'file'))
  })
})
