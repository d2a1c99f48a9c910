/**
 * How long users meet a bad canary: from its first request until all traffic is back at what served before. The bad one fails
 * 5 % of its answers; the others of every candidate take some milliseconds, log-normal with a tail. Then a canary that is the
 * same as its baseline, which has to pass. Requests come at random (Poisson), whether the last one was answered or not.
 *
 *     node bench/canary.ts [requests per second] [canaries of each kind]
 */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { canary, type Judged, type Watching } from '../src/flow/deployment/canary.ts'
import type { Deployment } from '../src/flow/deployment/deployment.ts'
import { allTo, type Desired, type EnvironmentId } from '../src/flow/environment/provider.port.ts'
import { openScene, type Behaviour, type Scene } from './traffic/scene.ts'

const goalMs = 10_000
const [rate = 300, repeats = 3] = process.argv.slice(2).map(Number)
const scene = await openScene()
try {
  for (const [name, behaviour] of Object.entries({ 'bad, 5 % errors': { errors: 0.05 }, 'the same': {} })) {
    for (let n = 1; n <= repeats; n++) await play(scene, name, n, behaviour)
  }
} finally {
  await scene.close()
}

async function play({ provider, candidate }: Scene, name: string, n: number, behaviour: Behaviour): Promise<void> {
  const environment: EnvironmentId = `bench/canary-${n}`
  const old = await candidate('old', { waits: true })
  const next = await candidate(`next ${name}`, { waits: true, ...behaviour })
  const plan = await provider.plan({ environment, deployments: [old], shares: allTo(old) })
  const { urls, shares } = await provider.apply(plan, () => {})
  const load = arrivals(new URL(urls['web']!), rate)
  const times = { began: 0, back: 0 }
  const judged: Judged[] = []
  let looks = 0
  const watching: Watching = {
    progress: undefined,
    look: async () => ++looks,
    note: async (_, judgement) => void (judgement && judged.push(judgement)),
    continued: async () => true,
    sleep: (ms) => sleep(ms),
    now: () => performance.now(),
  }
  const outcome = await canary(deploymentOf(old, next), watching).then(
    () => 'passed',
    (error: Error & { code?: string }) => error.code ?? error.message,
  )
  const failed = await load.end()
  const ms = Math.round(times.back - times.began)
  const wanted = behaviour.errors ? 'CANARY_FAILED' : 'passed'
  const took = outcome === 'CANARY_FAILED' ? `; back ${ms} ms after its first request, goal ${goalMs}` : ''
  const last = judged.at(-1)
  console.log(`${name}: ${outcome} at ${last?.percent} %, look ${last?.look.index} of ${last?.look.of}${took}; users met ${failed} errors`)
  if (last) console.log(`  ${last.judgement.why}`)
  if (outcome !== wanted || judged.some(({ follows }) => follows === 'pause') || (behaviour.errors && ms > goalMs)) process.exitCode = 1
  await provider.destroy(environment)

  function deploymentOf(standing: Desired, arriving: Desired): Deployment {
    const timed = Object.assign(Object.create(provider) as typeof provider, {
      plan: provider.plan.bind(provider),
      observe: provider.observe.bind(provider),
      measure: provider.measure.bind(provider),
      apply: (...[target, watch, signal]: Parameters<typeof provider.apply>) =>
        provider.apply(
          target,
          (progress) => {
            if (progress.subject === 'traffic') times[times.began === 0 ? 'began' : 'back'] = performance.now()
            watch(progress)
          },
          signal,
        ),
    })
    const metrics = [
      { name: 'error_rate', critical: true },
      { name: 'p95_ms', critical: false },
    ] as const
    const how = { strategy: 'canary', canary: { steps: [20, 50, 100], everyMs: 20_000, metrics } } as const
    const signal = new AbortController().signal
    return {
      provider: timed,
      environment,
      how,
      next: arriving,
      standing: [standing],
      traffic: standing.candidate,
      shares,
      previous: standing,
      say() {},
      signal,
    }
  }
}

/** An open stream of requests. */
function arrivals(url: URL, perSecond: number) {
  // As many connections as a proxy in front would keep; a pile of thousands measures the machine.
  const agent = new Agent({ keepAlive: true, maxSockets: 100 })
  const under = new Set<Promise<void>>()
  let failed = 0
  let isOver = false
  const ask = () =>
    new Promise<void>((resolve) => {
      const end = (bad: boolean) => {
        if (bad) failed++
        resolve()
      }
      request(url, { agent }, (answer) => answer.resume().on('end', () => end(answer.statusCode !== 200)))
        .on('error', () => end(true))
        .end()
    })
  const coming = (async () => {
    for (let due = performance.now(); !isOver; due += (-Math.log(1 - Math.random()) * 1000) / perSecond) {
      await sleep(Math.max(0, due - performance.now()))
      const asked = ask()
      under.add(asked)
      void asked.then(() => under.delete(asked))
    }
  })()
  return {
    async end(): Promise<number> {
      isOver = true
      await coming
      await Promise.all(under)
      agent.destroy()
      return failed
    },
  }
}
