import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProviderHarness } from '../../flow/environment/provider.contract.ts'
import { makeHome, pidInside } from '../process/testing.ts'
import type { ProcessProviderOptions } from '../process/options.ts'
import { artifactInside, labels } from './container.ts'
import { engineAt, isMissing, type Engine } from './engine.ts'
import { dockerRunner } from './runner.ts'

/** Why no engine can be started for tests here; undefined when one can. */
export function whyNoPodman(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux'
  if (process.getuid?.() !== 0) return 'containers without systemd need root'
  const missing = ['podman', 'runc', 'conmon', 'tar', 'ldd'].find((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0)
  return missing && `${missing} is not installed`
}

export const testBase = 'threeways-test-base'
/** Has nothing in it, so no shell either. */
export const emptyBase = 'threeways-empty-base'

/** An engine of its own: Podman with its own storage, without systemd, networks or a registry. */
export async function startPodman() {
  const folder = await mkdtemp(path.join(tmpdir(), 'tw-podman-'))
  const at = (name: string) => path.join(folder, name)
  await writeFile(at('containers.conf'), settings)
  await writeFile(at('storage.conf'), `[storage]\ndriver="vfs"\ngraphroot="${at('root')}"\nrunroot="${at('run')}"\n`)
  const env = { ...process.env, CONTAINERS_CONF: at('containers.conf'), CONTAINERS_STORAGE_CONF: at('storage.conf') }
  const socketPath = at('engine.sock')
  const engine = engineAt({ socketPath })
  let service: ChildProcess | undefined
  const start = async () => {
    service = spawn('podman', ['system', 'service', '--time=0', `unix://${socketPath}`], { env, stdio: 'ignore' })
    while (!(await engine.json({ path: '/version' }).catch(() => undefined))) {
      if (service.exitCode !== null) throw new Error(`podman ended with ${service.exitCode}`)
      await sleep(50)
    }
  }
  const stop = async () => {
    if (!service || service.exitCode !== null) return
    const ended = new Promise((resolve) => service!.once('exit', resolve))
    service.kill('SIGKILL')
    await ended
  }
  try {
    await start()
    await importBase(socketPath, folder)
  } catch (error) {
    await stop()
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  return {
    engine,
    socketPath,
    env,
    start,
    stop,
    async dispose(): Promise<void> {
      const all = await engine.json<readonly { Id: string }[]>({ path: '/containers/json', query: { all: '1' } }).catch(() => [])
      for (const { Id } of all) await engine.json({ method: 'DELETE', path: `/containers/${Id}`, query: { force: '1' } }).catch(() => {})
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type Podman = Awaited<ReturnType<typeof startPodman>>

const settings = `[containers]
netns="host"
log_driver="k8s-file"
default_ulimits=["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime="runc"
cgroup_manager="cgroupfs"
events_logger="file"
`

/** A base without a registry: this Node, the libraries it needs, and a shell. */
async function importBase(socketPath: string, folder: string): Promise<void> {
  const programs = [process.execPath, '/bin/sh']
  const libraries = programs.flatMap((program) => spawnSync('ldd', [program], { encoding: 'utf8' }).stdout.match(/\/\S+/g) ?? [])
  const files = [...new Set([...programs, ...libraries])].filter((file) => existsSync(file) && !file.endsWith(':'))
  const file = path.join(folder, 'base.tar')
  const packed = spawnSync('tar', ['-c', '-h', '-P', '-f', file, ...files, '--no-recursion', '/usr'])
  if (packed.status !== 0) throw new Error(String(packed.stderr))
  importImage(socketPath, file, testBase)
  const empty = path.join(folder, 'empty.tar')
  spawnSync('tar', ['-c', '-f', empty, '-C', folder, '--no-recursion', 'containers.conf'])
  importImage(socketPath, empty, emptyBase)
}

function importImage(socketPath: string, file: string, name: string): void {
  const url = `http://docker/v1.41/images/create?fromSrc=-&repo=${name}`
  const args = ['-sf', '--unix-socket', socketPath, '-H', 'content-type: application/x-tar', '--data-binary', `@${file}`, url]
  if (spawnSync('curl', args).status !== 0) throw new Error(`the image ${name} could not be imported`)
}

/** Containers that carry a home's mark. */
export async function containersOf(engine: Engine, environment: string): Promise<readonly string[]> {
  const filters = JSON.stringify({ label: [`${labels.environment}=${environment}`] })
  const all = await engine.json<readonly { Id: string }[]>({ path: '/containers/json', query: { all: '1', filters } })
  return all.map(({ Id }) => `container ${Id}`)
}

/** For the contract. */
export async function makeDockerHarness(podman: Podman, digestOfTree: ProcessProviderOptions['digestOfTree']): Promise<ProviderHarness> {
  const { engine } = podman
  const home = await makeHome(digestOfTree, (homeId) => ({
    usual: 'docker',
    containers: { runner: dockerRunner({ homeId, engine, base: testBase, digestOfTree }), problem: undefined },
  }))
  let current = home.provider()
  return {
    folder: path.join(home.folder, 'candidates'),
    provider: current,
    secrets: home.secrets,
    settings: { isolation: { mode: 'required', network: 'host' } },
    insideOf: pidInside,
    artifactInside,
    async restarted() {
      await current.close('leave')
      current = home.provider()
      return current
    },
    async kill(service) {
      process.kill(service.pid!, 'SIGKILL')
      while (await isRunning(engine, service.pid!)) await sleep(20)
    },
    leftovers: async (environment) => [...(await home.leftovers(environment)), ...(await containersOf(engine, environment))],
    async dispose() {
      await current.close('stop')
      await home.dispose()
    },
  }
}

async function isRunning(engine: Engine, pid: number): Promise<boolean> {
  const all = await engine.json<readonly { Id: string }[]>({ path: '/containers/json' })
  const details = all.map(async ({ Id }) => {
    try {
      const { State } = await engine.json<{ State: { Pid: number; Running: boolean } }>({ path: `/containers/${Id}/json` })
      return State.Running && State.Pid === pid
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  })
  return (await Promise.all(details)).includes(true)
}
