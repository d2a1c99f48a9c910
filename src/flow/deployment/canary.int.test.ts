import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeHarness } from '../../connectors/process/testing.ts'
import { digestOfTree } from '../candidate/tree.ts'
import { serviceOf, Stage } from '../environment/contract-stage.ts'
import { fixtureIn, web, type Fixture } from '../environment/fixture.ts'
import type { ProviderHarness } from '../environment/provider.contract.ts'
import type { Desired, Target } from '../environment/provider.port.ts'
import { canary, type CanaryProgress, type Judged, type Watching } from './canary.ts'
import { deploymentOf } from './testing.ts'

/** Fails one request in so many; otherwise says its version. */
const server = (failing: number) => `
import http from 'node:http'
let count = 0
const app = http.createServer((request, response) => {
  if (request.url === '/') response.statusCode = ++count % ${failing} === 0 ? 500 : 200
  response.end()
})
app.listen(process.env.PORT, '127.0.0.1')
process.on('SIGTERM', () => app.close(() => process.exit(0)))
`

let harness: ProviderHarness
let fixture: Fixture
let stage: Stage
beforeAll(async () => {
  harness = await makeHarness(digestOfTree)
  fixture = fixtureIn(path.join(harness.folder, 'canary'))
  stage = new Stage(harness.provider)
})
afterEach(() => stage.clear())
afterAll(() => harness?.dispose())

const candidate = (version: string, failing = Number.POSITIVE_INFINITY, parts = {}) =>
  fixture.candidate(version, { services: { web: { ...web, replicas: 2, ...parts } } }, { 'server.mjs': server(failing) })

const how = {
  strategy: 'canary',
  canary: { steps: [30, 50, 100], everyMs: 1_000, metrics: [{ name: 'error_rate', critical: true }] },
} as const

/** Time in the test's hand: while the canary sleeps, so many requests come and the time passes. @param looks - made before */
function watchingWith(requests: number, progress?: CanaryProgress, looks = 0) {
  const noted: { progress: CanaryProgress; judged: Judged | undefined }[] = []
  let now = 0
  let answer = false
  let slept = 0
  const watching: Watching = {
    progress,
    look: async () => ++looks,
    note: async (next, judged) => void noted.push({ progress: next, judged }),
    continued: async () => answer,
    async sleep(ms) {
      if (requests > 0) {
        const { urls } = await stage.provider.observe(stage.environment)
        for (let sent = 0; sent < requests; sent += 20)
          await Promise.all(Array.from({ length: 20 }, async () => (await fetch(urls['web']!)).text()))
      }
      now += ms
      if (++slept === 3) answer = true
    },
    now: () => now,
  }
  return { watching, noted }
}

const shortly = ({ deployments, shares }: Target) => {
  const parts = deployments.map(({ role = 'main', replicas }) => `${role} ${replicas?.['web'] ?? 2}`)
  return `${parts.join(' + ')}: ${shares.map(({ percent }) => percent).join(' ')}`
}
const play = async (next: Desired, old: Desired, watching: Watching) => {
  const targets: string[] = []
  const deployment = await deploymentOf(stage, how, next, old, (target) => void targets.push(shortly(target)))
  const error: unknown = await canary(deployment, watching).catch((failure: unknown) => failure)
  return { targets, error }
}

describe('a canary', () => {
  it('gets its shares beside a fresh baseline of its own age, as many replicas as it needs, and at last everything', async () => {
    const [old, next] = [await candidate('1'), await candidate('2')]
    await stage.deploy(old)
    const { watching, noted } = watchingWith(500)
    const { targets, error } = await play(next, old, watching)
    expect(error).toBeUndefined()
    expect(targets).toEqual([
      'main 2 + baseline 1 + main 1: 100',
      'main 2 + baseline 1 + main 1: 40 30 30',
      'main 2 + baseline 1 + main 1: 0 50 50',
      'main 2 + baseline 1 + main 2: 0 50 50',
      'main 2 + baseline 1 + main 2: 100',
    ])
    expect(noted.map(({ progress, judged }) => [progress.step, judged?.judgement.verdict, judged?.follows])).toEqual([
      [0, undefined, undefined],
      [1, 'pass', 'next-step'],
      [2, 'pass', 'next-step'],
    ])
    const observed = await stage.provider.observe(stage.environment)
    expect(observed.shares).toEqual([{ candidate: next.candidate, role: 'main', percent: 100 }])
    const since = (role: string) => Date.parse(observed.services.find((one) => one.role === role && one.replica === 0)!.since)
    expect(Math.abs(since('baseline') - Date.parse(serviceOf(observed, 'web', next).since))).toBeLessThan(10_000)
  })

  it('loses its share at the first look that shows it to be worse, before anything is put on record', async () => {
    const [old, bad] = [await candidate('1'), await candidate('bad', 2)]
    await stage.deploy(old)
    const { watching, noted } = watchingWith(100)
    const { targets, error } = await play(bad, old, watching)
    expect(error).toMatchObject({ code: 'CANARY_FAILED', message: expect.stringContaining('worse than its baseline at 30 %') })
    expect(targets.at(-1)).toBe('main 2 + baseline 1 + main 1: 100')
    const { progress, judged } = noted.at(-1)!
    expect(judged).toMatchObject({
      follows: 'back',
      look: { index: 1 },
      measured: { canary: { requests: 30, errors: 15 }, baseline: { errors: 0 } },
    })
    expect(await play(bad, old, { ...watching, progress })).toMatchObject({ targets: [], error: { code: 'CANARY_FAILED' } })
  })

  it('waits for a person when too few came, and goes on from where it was when another server takes over', async () => {
    const [old, next] = [await candidate('1'), await candidate('2')]
    await stage.deploy(old)
    const nobody = watchingWith(0)
    const killed = { ...nobody.watching, continued: () => Promise.reject(new Error('killed')) }
    expect((await play(next, old, killed)).error).toMatchObject({ message: 'killed' })
    const { progress, judged } = nobody.noted.at(-1)!
    expect([progress, judged?.follows]).toEqual([{ step: 0, paused: expect.stringContaining('the canary answered no request') }, 'pause'])
    stage.provider = await harness.restarted()
    await stage.provider.recover()
    const { watching, noted } = watchingWith(500, progress)
    const { targets, error } = await play(next, old, watching)
    expect(error).toBeUndefined()
    expect(targets[0]).toBe('main 2 + baseline 1 + main 1: 40 30 30')
    expect(noted[0]).toEqual({ progress: { step: 1 }, judged: undefined })
  })

  it('is taken back also while it waits, when it turns out to be worse', async () => {
    const [old, bad] = [await candidate('1'), await candidate('bad', 2)]
    await stage.deploy(old)
    const { watching, noted } = watchingWith(100, { step: 0, paused: 'too few' }, 3)
    expect(await play(bad, old, watching)).toMatchObject({ error: { code: 'CANARY_FAILED' } })
    expect(noted.at(-1)!.judged!.look).toEqual({ index: 4, of: 2 })
    expect((await stage.provider.observe(stage.environment)).traffic).toBe(old.candidate)
  })

  it('that does not become healthy never gets a request', async () => {
    const health = { ...web.health!, startPeriodMs: 300, intervalMs: 50, probe: { kind: 'command', command: ['false'] } as const }
    const [old, ill] = [await candidate('1'), await candidate('2', Number.POSITIVE_INFINITY, { health })]
    await stage.deploy(old)
    expect(await play(ill, old, watchingWith(0).watching)).toMatchObject({
      targets: [expect.stringMatching(/: 100$/)],
      error: { code: 'SERVICE_UNHEALTHY' },
    })
  })
})
