import { existsSync } from 'node:fs'
import path from 'node:path'
import { messageOf } from '../../kernel/errors.ts'
import { engineAt, type Address, type Engine } from './engine.ts'

/** The engine that environments run on, or why there is none. */
export type FoundEngine =
  | { readonly engine: Engine; readonly name: string; readonly problem: undefined }
  | { readonly engine: undefined; readonly name: undefined; readonly problem: string }

type Version = { readonly Version: string; readonly Os?: string; readonly Components?: readonly { readonly Name: string }[] }

/** Asks the engine that `DOCKER_HOST` names, else the one at a usual place. Never throws. */
export async function findEngine(env: Readonly<Record<string, string | undefined>>): Promise<FoundEngine> {
  const nothing = (problem: string): FoundEngine => ({ engine: undefined, name: undefined, problem })
  if (process.platform !== 'linux') return nothing("containers use the machine's network, which is possible on Linux only")
  try {
    const address = addressIn(env)
    if (!address) return nothing('no container engine was found; neither Docker nor Podman listens at its usual place')
    const engine = engineAt(address)
    const version = await engine.json<Version>({ path: '/version', signal: AbortSignal.timeout(5_000) })
    const product = version.Components?.[0]?.Name.startsWith('Podman') ? 'Podman' : 'Docker'
    return { engine, name: `${product} ${version.Version}`, problem: undefined }
  } catch (error) {
    return nothing(messageOf(error))
  }
}

/** @throws Error when `DOCKER_HOST` names a place we cannot go */
export function addressIn(env: Readonly<Record<string, string | undefined>>): Address | undefined {
  const written = env['DOCKER_HOST']
  if (written === undefined || written === '') {
    const runtime = env['XDG_RUNTIME_DIR']
    const own = runtime === undefined ? [] : [path.join(runtime, 'docker.sock'), path.join(runtime, 'podman/podman.sock')]
    const socketPath = ['/var/run/docker.sock', ...own, '/run/podman/podman.sock'].find((each) => existsSync(each))
    return socketPath === undefined ? undefined : { socketPath }
  }
  const [, scheme, rest = ''] = /^(\w+):\/\/(.*)$/.exec(written) ?? []
  if (scheme === 'unix' && rest.startsWith('/')) return { socketPath: rest }
  throw new Error(`DOCKER_HOST is "${written}"; only unix:///path is understood: services run on the machine of the server`)
}
