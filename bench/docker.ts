/**
 * Seconds until a container environment is up, changed to the next candidate and down, beside those the engine's own `podman run`
 * and `podman rm` take for the same program on the same base. Needs root, podman and runc; the base is this Node, without a registry.
 * Podman's storage here is `vfs`, which copies the base for each container: overlay is faster for both.
 *
 *     node bench/docker.ts [rounds]
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dockerRunner } from '../src/connectors/docker/runner.ts'
import { startPodman, testBase, whyNoPodman, type Podman } from '../src/connectors/docker/testing.ts'
import { takePort } from '../src/connectors/process/ports.ts'
import { processProvider } from '../src/connectors/process/provider.ts'
import { digestOfTree } from '../src/flow/candidate/tree.ts'
import { fixtureIn, web } from '../src/flow/environment/fixture.ts'
import { knownSecrets } from '../src/flow/environment/known-secrets.contract.ts'
import { allTo, type Desired, type EnvironmentId } from '../src/flow/environment/provider.port.ts'
import { newId } from '../src/kernel/ids.ts'
import { run } from '../src/kernel/process.ts'

const rounds = Number(process.argv[2] ?? 9)
const environment: EnvironmentId = 'bench/one'
const why = whyNoPodman()
if (why === undefined) await measureAll()
else console.log(`skipped: ${why}`)

type Contender = {
  readonly name: string
  readonly up: () => Promise<unknown>
  readonly change: () => Promise<unknown>
  readonly down: () => Promise<unknown>
  readonly close: () => Promise<void>
}

async function measureAll(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
  const engine = await startPodman()
  try {
    const artifact = (await fixtureIn(path.join(folder, 'by hand')).candidate('first')).artifact
    const contenders = [
      await ours('threeways', engine, path.join(folder, 'plain')),
      await ours('threeways, with a secret', engine, path.join(folder, 'secret'), [{ source: 'token', variable: 'TOKEN' }]),
      await byHand(engine, artifact),
    ]
    const seconds = contenders.map(() => ({ up: [] as number[], change: [] as number[], down: [] as number[] }))
    // One after the other in each round, so that whatever else the machine does hits all alike.
    for (let round = 0; round < rounds; round++)
      for (const [n, contender] of contenders.entries())
        for (const what of ['up', 'change', 'down'] as const) seconds[n]![what].push(await timed(contender[what]))
    for (const [n, contender] of contenders.entries()) {
      await contender.close()
      tell(contender.name, seconds[n]!)
    }
    const left = await engine.engine.json<readonly unknown[]>({ path: '/containers/json', query: { all: '1' } })
    if (left.length > 0) throw new Error(`${left.length} containers were left behind`)
  } finally {
    await engine.dispose()
    await rm(folder, { recursive: true, force: true })
  }
}

async function ours(name: string, { engine }: Podman, home: string, secrets?: typeof web.secrets): Promise<Contender> {
  const homeId = newId()
  const known = knownSecrets()
  if (secrets) known.values.set('token', 'a token of many letters')
  const cluster = () => Promise.reject(new Error('no database is needed'))
  const containers = { runner: dockerRunner({ homeId, engine, base: testBase, digestOfTree }), problem: undefined }
  const provider = processProvider({ home, homeId, cluster, digestOfTree, secrets: known.source, usual: 'docker', containers })
  const fixture = fixtureIn(`${home}-candidates`)
  const service = { ...web, ...(secrets ? { secrets } : {}) }
  const candidate = (version: string) => fixture.candidate(version, { services: { web: service } })
  const bring = async (desired: Desired, id = environment) => {
    const plan = await provider.plan({ environment: id, deployments: [desired], shares: allTo(desired) })
    await provider.apply(plan, () => {})
  }
  const [first, second] = [await candidate('first'), await candidate('second')]
  // While any environment runs, images are kept: each is made once, and how long that takes is told by itself.
  await bring(await candidate('another'), 'bench/another')
  const images: number[] = []
  for (const each of [first, second]) {
    const withImage = await timed(() => bring(each))
    await provider.destroy(environment)
    const without = await timed(() => bring(each))
    await provider.destroy(environment)
    images.push(withImage - without)
  }
  console.log(`${name}: an image, once per candidate: ${images.map((each) => each.toFixed(2)).join(' s, ')} s`)
  return {
    name,
    up: () => bring(first),
    change: () => bring(second),
    down: () => provider.destroy(environment),
    async close() {
      await provider.destroy('bench/another')
      await provider.close('stop')
      if (existsSync(path.join(home, 'environments', environment))) throw new Error('something was left behind')
    },
  }
}

/** The same program by hand: started until it answers, ended, removed. To change is to remove the old one and start the new one. */
async function byHand({ env }: Podman, artifact: string): Promise<Contender> {
  const port = await takePort('127.0.0.1')
  const start = async () => {
    const container = ['--name', 'bench', '--network', 'host', '--read-only', '--env', `PORT=${port}`]
    const files = ['--volume', `${artifact}:/app:ro`, '--workdir', '/app']
    await podman(env, 'run', '--detach', ...container, ...files, '--entrypoint', process.execPath, testBase, 'server.mjs')
    while (!(await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))) await sleep(5)
  }
  const end = async () => {
    await podman(env, 'stop', '--time', '2', 'bench')
    await podman(env, 'rm', 'bench')
  }
  const change = async () => (await end(), start())
  return { name: 'podman run, stop and rm', up: start, change, down: end, close: async () => {} }
}

async function podman(env: Podman['env'], ...args: readonly string[]): Promise<void> {
  const ran = await run('podman', args, { env })
  if (ran.code !== 0) throw new Error(ran.stderr)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

function tell(name: string, measured: Readonly<Record<string, readonly number[]>>): void {
  const parts = Object.entries(measured).map(([what, values]) => `${what} ${median(values).toFixed(2)} s`)
  console.log(`${name}: ${parts.join(', ')} (medians of ${rounds})`)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
