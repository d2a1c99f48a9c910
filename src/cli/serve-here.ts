import { buildPage } from '../server/page.ts'
import { defaultPort, startServer, type Server } from '../server/serve.ts'
import { databaseUrlOf, secretKeyFileOf, type CliContext } from './context.ts'
import type { ContainerSettings } from '../server/containers.ts'
import { during, type Ending } from './ending.ts'

export type Here = {
  readonly home: string
  readonly repository: string | undefined
  /** Undefined: the usual one, or another when it is taken. */
  readonly port: number | undefined
  readonly host: string | undefined
  readonly name?: string | undefined
  /** Steps at the same time. */
  readonly capacity?: number | undefined
  readonly containers?: ContainerSettings
  readonly servicesHost?: string | undefined
  readonly flagOrigins?: readonly string[] | undefined
  /** Have the page at hand, too. @defaultValue false */
  readonly page?: boolean
}

/** Works with a server in this process, and ends it with all that belongs to it: also when a signal comes at any moment. */
export async function whileServing<R>(
  context: CliContext,
  here: Here,
  work: (server: Server, ending: Ending) => Promise<R>,
): Promise<R | undefined> {
  const { output } = context
  const open = async ({ signal }: Ending) => {
    const page = here.page === true ? buildPage(signal).catch((error: Error) => signal.aborted || output.say(error.message)) : undefined
    const server = await serveHere(context, here, signal)
    await page
    return server
  }
  return during(context, open, work)
}

/** A server in this process, whose end begins with a word when `ended` is aborted. */
export function serveHere(
  { output, env }: CliContext,
  { home, repository, port, host, name, capacity, containers, servicesHost, flagOrigins }: Here,
  ended: AbortSignal,
): Promise<Server> {
  ended.addEventListener('abort', () => output.say(output.colour.dim('\nending: environments stop, their data stays')))
  return startServer({
    home,
    host: host ?? '127.0.0.1',
    port: port ?? defaultPort,
    anyPort: port === undefined,
    databaseUrl: databaseUrlOf(env),
    secretKeyFile: secretKeyFileOf(env),
    repository,
    name,
    capacity,
    ...(containers ? { containers } : {}),
    servicesHost,
    flagOrigins,
    log: (message) => output.say(output.colour.dim(message)),
  })
}
