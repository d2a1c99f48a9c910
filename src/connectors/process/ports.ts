import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { unavailable } from '../../kernel/errors.ts'

// Below the range from which systems take ports for outgoing connections (Linux 32768, macOS and Windows 49152), so that no
// passing connection sits on a port between our look and the service's bind.
const lowest = 20_000
const highest = 31_999

/** Given out by this process and perhaps not listened on yet. */
const given = new Set<number>()

/**
 * A port nobody listens on. Another program may still take it before the service does; who starts the service tries again then.
 * @throws ThreewaysError `PORTS_EXHAUSTED`
 */
export async function takePort(host: string): Promise<number> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const port = randomInt(lowest, highest + 1)
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(host, port)) return port
    given.delete(port)
  }
  throw unavailable('PORTS_EXHAUSTED', {
    message: `found no free port between ${lowest} and ${highest} on ${host}`,
    help: 'end programs or environments that are no longer needed (`threeways env ls`)',
  })
}

/** Keeps a port that was given out before this process started from being given out again. */
export function keepPort(port: number): void {
  given.add(port)
}

export function returnPort(port: number): void {
  given.delete(port)
}

/** Whether a program could listen there now. */
export async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}
