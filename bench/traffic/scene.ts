import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { processProvider } from '../../src/connectors/process/provider.ts'
import { digestOfTree } from '../../src/flow/candidate/tree.ts'
import { definitionOf, web } from '../../src/flow/environment/fixture.ts'
import type { Desired, EnvironmentProvider } from '../../src/flow/environment/provider.port.ts'
import { sha256 } from '../../src/kernel/digest.ts'
import { newId } from '../../src/kernel/ids.ts'

/**
 * Answers after some milliseconds as services do (log-normal around 5 ms, a tail behind it), fails as often as it is told,
 * holds event streams open and echoes on WebSockets.
 */
const server = `
import http from 'node:http'
import crypto from 'node:crypto'
const { errors, slower, waits } = settings
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
const streams = new Set()
const app = http.createServer((request, response) => {
  if (request.url === '/healthz') return response.end()
  if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    streams.add(response)
    return response.on('close', () => streams.delete(response))
  }
  const answer = () => {
    response.statusCode = Math.random() < errors ? 500 : 200
    response.end('well')
  }
  if (waits) setTimeout(answer, 5 * slower * Math.exp(0.5 * normal()))
  else request.resume().on('end', answer)
})
app.on('upgrade', (request, socket) => {
  const accept = crypto.createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n')
  socket.on('data', (frame) => {
    if ((frame[0] & 15) === 8) return socket.end(Buffer.from([136, 0]))
    socket.write(Buffer.from([129, 2, 104, 105]))
  })
  socket.on('error', () => {})
})
setInterval(() => { for (const stream of streams) stream.write('data: tick\\n\\n') }, 20)
app.listen(process.env.PORT, '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
`

export type Behaviour = {
  /** Part of the answers that are errors, from 0 to 1. */
  readonly errors?: number
  /** Factor on how long an answer takes. */
  readonly slower?: number
  /** Answers take some milliseconds; otherwise none. */
  readonly waits?: boolean
}

export type Scene = {
  readonly provider: EnvironmentProvider
  candidate(name: string, behaviour?: Behaviour, replicas?: number): Promise<Desired>
  /** Nothing is left. */
  close(): Promise<void>
}

/** A provider with a folder of its own, and candidates without a build. */
export async function openScene(): Promise<Scene> {
  const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
  const noCluster = async (): Promise<never> => {
    throw new Error('no service here has a database')
  }
  const provider = processProvider({ home: path.join(folder, 'home'), homeId: newId(), cluster: noCluster, digestOfTree })
  return {
    provider,
    async candidate(name, { errors = 0, slower = 1, waits = false } = {}, replicas = 1) {
      const artifact = path.join(folder, name)
      await mkdir(artifact, { recursive: true })
      await writeFile(path.join(artifact, 'server.mjs'), `const settings = ${JSON.stringify({ errors, slower, waits })}\n${server}`)
      const rendered = provider.render(definitionOf({ services: { web: { ...web, replicas } } }), 'test')
      return { candidate: sha256(name), rendered, artifact, artifactDigest: await digestOfTree(artifact) }
    },
    async close() {
      for (const id of await provider.list()) await provider.destroy(id)
      await provider.close('stop')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
