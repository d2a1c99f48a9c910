import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { sha256, type Digest } from '../../kernel/digest.ts'
import { digestOfTree } from '../candidate/tree.ts'
import type { Definition, EnvironmentSettings, Service } from '../definition/definition.ts'
import { rendered } from '../definition/render.ts'
import type { Desired } from './provider.port.ts'

/** A web service in one file: it says which version it is, and does on request what services do when they go wrong. */
const server = `
import http from 'node:http'
import { readFileSync } from 'node:fs'
const version = readFileSync(new URL('version', import.meta.url), 'utf8')
const self = crypto.randomUUID()
let healthy = !process.env.UNHEALTHY
const app = http.createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost')
  if (url.pathname === '/healthz') return response.writeHead(healthy ? 200 : 503).end()
  if (url.pathname === '/crash') return process.exit(3)
  if (url.pathname === '/sicken') healthy = false
  if (url.pathname === '/slow') {
    response.write('began ')
    await new Promise((resolve) => setTimeout(resolve, Number(url.searchParams.get('ms'))))
    return response.end('ended')
  }
  const body = { version, pid: process.pid, self, env: process.env, cwd: process.cwd() }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})
app.listen(process.env.PORT, '127.0.0.1', () => console.log('listening, version ' + version))
process.on('SIGTERM', () => { console.log('asked to stop'); app.close(() => process.exit(0)) })
`

/** Runs until it is told to end; no port. */
const worker = `
console.log('working for ' + process.env.WEB_URL)
setInterval(() => {}, 1000)
`

export const web: Service = {
  command: [process.execPath, 'server.mjs'],
  workdir: '.',
  environment: {},
  health: { probe: { kind: 'http', path: '/healthz' }, intervalMs: 100, timeoutMs: 2_000, retries: 3, startPeriodMs: 10_000 },
  port: 3000,
  dependsOn: {},
  stop: { signal: 'SIGTERM', graceMs: 2_000 },
  restart: 'always',
}

export const backgroundWorker: Service = {
  ...web,
  command: [process.execPath, 'worker.mjs'],
  health: undefined,
  port: undefined,
  dependsOn: { web: 'healthy' },
}

/** A definition of a web service alone, with anything replaced. */
export function definitionOf(parts: Partial<Definition> = {}): Definition {
  return {
    name: 'shop',
    services: { web },
    resources: {},
    artifact: { build: [], pack: ['.'], reproducible: 'unchecked' },
    tools: {},
    environments: { test: { provider: 'process', environment: {}, parity: [], seed: {} } },
    stages: [],
    checks: {},
    ...parts,
  }
}

export type Fixture = {
  /** @param files - beside the ones above, or instead of them */
  candidate(version: string, parts?: Partial<Definition>, files?: Readonly<Record<string, string>>): Promise<Desired>
}

/** Candidates without a build: folders of files under `folder`, each with its digest. */
/** @param settings - of the environment, beside what a candidate says itself */
export function fixtureIn(folder: string, settings: Partial<EnvironmentSettings> = {}): Fixture {
  return {
    async candidate(version, parts = {}, files = {}) {
      await mkdir(folder, { recursive: true })
      const artifact = await mkdtemp(path.join(folder, 'artifact-'))
      for (const [name, content] of Object.entries({ 'server.mjs': server, 'worker.mjs': worker, version, ...files })) {
        await writeFile(path.join(artifact, name), content)
      }
      const artifactDigest = await digestOfTree(artifact)
      const definition = definitionOf(parts)
      const test = { ...definition.environments['test']!, ...settings }
      const shown = rendered({ ...definition, environments: { ...definition.environments, test } }, 'test')
      const candidate: Digest = sha256(`${version} ${artifactDigest} ${shown.digest}`)
      return { candidate, rendered: shown, artifact, artifactDigest }
    },
  }
}
