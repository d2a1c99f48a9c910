import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, realpath } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serve, type ServerType } from '@hono/node-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeTree } from '../../flow/candidate/folders.ts'
import { openTestThreeways, type TestThreeways } from '../testing.ts'

const program = path.join(import.meta.dirname, '../../../bin/threeways.mjs')
const space = `threeways-${process.pid}`
const link = `tw${process.pid}`
const [ours, theirs] = ['10.213.77.1', '10.213.77.2']
const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' })

/** Asked for, and namespaces and links can be made here: root, iproute2, and a kernel that lets. */
const canMake = (() => {
  if (!process.env['TEST_NETWORK_NAMESPACES']) return false
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    ip('netns', 'add', space)
    ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
    ip('link', 'del', link)
    return true
  } catch {
    return false
  } finally {
    try {
      ip('netns', 'del', space)
    } catch {
      // It was not made.
    }
  }
})()

describe.skipIf(!canMake)('a worker in a network of its own (skipped without TEST_NETWORK_NAMESPACES=1, root and `ip netns`)', () => {
  let t: TestThreeways
  let server: ServerType
  let worker: ChildProcess
  let place: string
  let said = ''

  beforeEach(async () => {
    ip('netns', 'add', space)
    ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
    ip('addr', 'add', `${ours}/30`, 'dev', link)
    ip('link', 'set', link, 'up')
    ip('-n', space, 'addr', 'add', `${theirs}/30`, 'dev', 'eth0')
    ip('-n', space, 'link', 'set', 'eth0', 'up')
    place = await realpath(await mkdtemp(path.join(tmpdir(), 'threeways-space-')))
    t = await openTestThreeways()
    server = await new Promise<ServerType>((resolve) => {
      const opened = serve({ fetch: (request) => t.threeways.app.fetch(request), port: 0, hostname: ours }, () => resolve(opened))
    })
    const { secret } = (await t.ask('POST', '/api/tokens', { name: 'far', scopes: ['work'] })).body as { secret: string }
    const url = `http://${ours}:${(server.address() as AddressInfo).port}`
    const args = [
      'netns',
      'exec',
      space,
      process.execPath,
      program,
      'worker',
      '--server',
      url,
      '--home',
      path.join(place, 'home'),
      '--name',
      'far',
    ]
    worker = spawn('ip', args, { cwd: place, env: { ...process.env, THREEWAYS_TOKEN: secret }, stdio: ['ignore', 'ignore', 'pipe'] })
    worker.stderr!.on('data', (text: Buffer) => (said += text.toString()))
    await expect
      .poll(() => t.threeways.engine.machines().some(({ name, alive }) => name === 'far' && alive), { timeout: 20_000 })
      .toBe(true)
  })
  afterEach(async () => {
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    worker.kill('SIGTERM')
    await ended
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
    await t.close()
    ip('netns', 'del', space)
    await removeTree(place)
  })

  it('whose cable is pulled loses its step to another, exactly once, and is refused when it is plugged in again', async () => {
    const trace = path.join(place, 'trace')
    await t.author.write({
      app: 'the app',
      'threeways.yaml': JSON.stringify({
        name: 'shop',
        services: { web: { 'x-run': { command: ['sleep', '600'] } } },
        'x-threeways': {
          version: 1,
          artifact: { build: [['true']], pack: ['app'] },
          checks: { slow: { run: ['sh', '-c', `pwd >> '${trace}'; sleep 2`], idempotent: true } },
          pipeline: { stages: [{ name: 'dev', checks: ['slow'] }] },
        },
      }),
    })
    await t.author.commit('Change something')
    const { id } = await t.deliver()
    await expect.poll(() => readFile(trace, 'utf8').catch(() => ''), { timeout: 20_000 }).not.toBe('')
    ip('link', 'set', link, 'down')
    const run = await t.ended(id)
    ip('link', 'set', link, 'up')
    expect(run).toMatchObject({ state: 'succeeded' })
    const { attempt } = run.steps.find(({ name }) => name === 'dev/check/slow')!
    // On a machine that is busy a lease may run out once more.
    expect(attempt).toBeGreaterThan(1)
    const folders = (await readFile(trace, 'utf8')).trim().split('\n')
    expect(folders).toHaveLength(attempt)
    expect(new Set(folders).size).toBe(2)
    await expect.poll(() => said, { timeout: 20_000 }).toMatch(/no longer this worker's|was taken by another/)
    const events = await t.threeways.ledger.read({ chainId: id, limit: 1_000 })
    const outcomes = events.flatMap(({ event }) =>
      event.type.includes('taskrun.finished') && event.subject!.includes('check/slow') ? [event.subject!.at(-1)] : [],
    )
    expect(outcomes).toEqual(Array.from({ length: attempt }, (_, index) => String(index + 1)))
  })
})
