import { defaultPort, startServer, type Server } from '../server/serve.ts'
import type { CliContext } from './context.ts'

export type Here = {
  readonly home: string
  readonly repository: string | undefined
  readonly port: number | undefined
  readonly host: string | undefined
}

/** A server in this process. Without a wish for a port it takes another when the usual one is taken. */
export function serveHere({ output, env }: CliContext, { home, repository, port, host }: Here): Promise<Server> {
  return startServer({
    home,
    host: host ?? '127.0.0.1',
    port: port ?? defaultPort,
    anyPort: port === undefined,
    databaseUrl: env['DATABASE_URL'],
    repository,
    log: (message) => output.say(output.colour.dim(message)),
  })
}

/** Until somebody wants this process to end: Ctrl-C, or a supervisor's SIGTERM. A second signal ends it at once. */
export function untilEnded({ process, output }: CliContext): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      output.say(output.colour.dim('\nending: environments stop, their data stays'))
      for (const signal of signals) process.once(signal, () => process.exit(130))
      resolve()
    }
    for (const signal of signals) process.once(signal, end)
  })
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
