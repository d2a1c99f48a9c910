import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { gitAuthor } from '../../src/connectors/git/testing.ts'

export const stream = 'chaos'

/** A service that says which version it is. Small, so that a run takes a second and a kill can hit every step of it. */
const files = (trace: string) => ({
  'server.mjs': `import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const version = readFileSync('version', 'utf8').trim()
const server = createServer((_, response) => response.end(version))
server.listen(Number(process.env.PORT), '127.0.0.1')
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`,
  'ask.mjs': `import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
const version = readFileSync('version', 'utf8').trim()
for (let n = 0; n < 5; n++) {
  const answer = await (await fetch(process.env.WEB_URL)).text()
  if (answer !== version) throw new Error(\`asked for \${version}, was answered \${answer}\`)
  await setTimeout(50)
}
`,
  // Each beginning of a check leaves a line outside, so that it can be told how often it really ran.
  'check.sh': `echo "$THREEWAYS_STEP" >> ${JSON.stringify(trace)}
sleep "$1"
! grep -q broken version
`,
  'threeways.yaml': `name: ${stream}
services:
  web:
    healthcheck: {x-http: /, interval: 50ms, timeout: 2s, retries: 20, start_period: 20s}
    ports: ["3000"]
    restart: always
    x-run: {command: [node, server.mjs], stop: {signal: SIGTERM, grace: 5s}}
x-threeways:
  version: 1
  artifact: {build: [cp version built, sleep 0.1], pack: [server.mjs, version]}
  environments: {dev: , test: , production: }
  checks:
    unit: {run: sh check.sh 0.2, idempotent: true, timeout: 1m}
    lint: {run: sh check.sh 0.1, idempotent: true, timeout: 1m}
    once: {run: sh check.sh 0.3, timeout: 1m}
    answers: {run: node ask.mjs, in: environment, idempotent: true, timeout: 1m}
  pipeline:
    stages:
      - {name: dev, environment: dev, ephemeral: true, checks: [unit, lint]}
      - {name: test, after: [dev], environment: test, checks: [once, answers]}
      - {name: production, after: [test], environment: production, deploy: {strategy: blue-green}, smoke: [answers]}
`,
})

export type Commit = { readonly sha: string; readonly version: string; readonly broken: boolean }

/** A git repository whose every commit is another version of the service. */
export async function makeRepository(folder: string) {
  await mkdir(folder, { recursive: true })
  const trace = path.join(folder, '..', 'checks-begun')
  const author = await gitAuthor(folder)
  await author.write(files(trace))
  let number = 0
  return {
    folder,
    trace,
    /** @param broken - its first check fails */
    async commit(broken: boolean): Promise<Commit> {
      const version = `${broken ? 'broken' : 'version'} ${++number}`
      await author.write({ version })
      return { sha: await author.commit(version), version, broken }
    },
  }
}

export type Repository = Awaited<ReturnType<typeof makeRepository>>
