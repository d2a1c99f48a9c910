import { isIPv4, type AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { serve, type ServerType } from '@hono/node-server'
import { isFree } from '../connectors/process/ports.ts'
import { hasCode, invalid, messageOf, unavailable } from '../kernel/errors.ts'
import type { Actor } from '../kernel/http.ts'
import { openThreeways, type Threeways } from './compose.ts'
import type { ContainerSettings } from './containers.ts'
import { claimHome, openHome } from './home.ts'
import { metricsTargetOf } from './metrics/exporting.ts'
import { readStatusTargets } from './status-settings.ts'
import { servePage } from './page.ts'

export const defaultPort = 7333

export type ServeOptions = {
  /** The data folder. */
  readonly home: string
  readonly host: string
  readonly port: number
  /** Take another port when this one is taken. */
  readonly anyPort: boolean
  readonly databaseUrl: string | undefined
  /** With the key that opens secrets. @defaultValue one in the data folder */
  readonly secretKeyFile?: string | undefined
  readonly repository: string | undefined
  readonly containers?: ContainerSettings
  /** Where the public addresses of services listen: an IPv4 address. @defaultValue 127.0.0.1 */
  readonly servicesHost?: string | undefined
  /** Of pages whose browsers may ask for flags. */
  readonly flagOrigins?: readonly string[] | undefined
  /** What people call it. @defaultValue the host's name */
  readonly name?: string | undefined
  /** Steps at the same time. @defaultValue twice the processors, at least 4 */
  readonly capacity?: number | undefined
  readonly log: (message: string) => void
}

export type Server = {
  readonly threeways: Threeways
  /** `http://127.0.0.1:7333` */
  readonly url: string
  close(): Promise<void>
}

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]', '::1'])
/** On a loopback address whoever is on this machine may look; doing takes a token. */
const onlooker: Actor = { name: 'anonymous', scopes: ['read', 'evaluate'], anonymous: true }

/**
 * Opens a home, listens, and re-attaches what lived on.
 * @throws ThreewaysError `ADDRESS_UNUSABLE`, `SERVER_RUNS`, `PORT_IN_USE`, and those of the ledger
 */
export async function startServer(options: ServeOptions): Promise<Server> {
  const { host, log, servicesHost } = options
  if (servicesHost !== undefined && !(isIPv4(servicesHost) && (await isFree(servicesHost, 0)))) throw unusable(servicesHost)
  const home = await openHome(options.home)
  const claim = await claimHome(home.folder)
  const isLoopback = loopback.has(host)
  let threeways: Threeways | undefined
  let server: ServerType | undefined
  const close = async () => {
    server?.close()
    if (server && 'closeIdleConnections' in server) server.closeIdleConnections()
    await threeways?.close()
    if (server && 'closeAllConnections' in server) server.closeAllConnections()
    await claim.release()
  }
  try {
    threeways = await openThreeways({
      home,
      databaseUrl: options.databaseUrl,
      secretKeyFile: options.secretKeyFile,
      repository: options.repository,
      name: options.name,
      anonymous: isLoopback ? onlooker : undefined,
      hosts: isLoopback ? loopback : undefined,
      parallel: options.capacity ?? Math.max(4, availableParallelism() * 2),
      work: true,
      statusTargets: await readStatusTargets(home.folder, process.env),
      metrics: metricsTargetOf(process.env),
      ...(options.containers ? { containers: options.containers } : {}),
      servicesHost,
      flagOrigins: options.flagOrigins,
      log,
    })
    servePage(threeways.app)
    server = await listen(threeways, options)
    const url = urlOf(host, (server.address() as AddressInfo).port)
    await threeways.recover(url)
    await claim.note(url)
    return { threeways, url, close }
  } catch (error) {
    await close()
    throw error
  }
}

const unusable = (address: string) =>
  invalid('ADDRESS_UNUSABLE', {
    message: `services cannot listen at "${address}": it is no IPv4 address of this machine`,
    help: 'name one with --services-host, for example 127.0.0.1, or 0.0.0.0 for all of them',
  })

const urlOf = (host: string, port: number) => `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`

async function listen({ app }: Threeways, { host, port, anyPort, log }: ServeOptions): Promise<ServerType> {
  try {
    return await listenOn(app.fetch, host, port)
  } catch (error) {
    if (!hasCode(error, 'EADDRINUSE')) {
      throw unavailable('ADDRESS_UNUSABLE', {
        message: `cannot listen on ${urlOf(host, port)}: ${messageOf(error)}`,
        help: 'name an address of this machine with --host, and a port this user may have with --port',
        cause: error,
      })
    }
    if (!anyPort)
      throw unavailable('PORT_IN_USE', {
        message: `port ${port} on ${host} is in use`,
        help: 'end the program that has it, or choose another with --port',
        cause: error,
      })
    log(`port ${port} is in use by another program; taking a free one`)
    return listenOn(app.fetch, host, 0)
  }
}

function listenOn(fetch: Threeways['app']['fetch'], hostname: string, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname, port }, () => {
      server.off('error', reject)
      resolve(server)
    })
    server.once('error', reject)
  })
}
