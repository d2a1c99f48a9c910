import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gitAuthor } from '../src/connectors/git/testing.ts'
import { removeTree } from '../src/flow/candidate/folders.ts'
import type { Author } from '../src/flow/candidate/repository.contract.ts'
import { ledgerOfHome, processesOf, serverOf, start, threeways, type Started } from './command-line.ts'

const service = `import { createServer } from 'node:http'
createServer((_, response) => response.end(process.env.GREETING + ' from ' + process.env.THREEWAYS_ENVIRONMENT)).listen(process.env.PORT, '127.0.0.1')
`
const definition = JSON.stringify({
  name: 'hello',
  services: {
    web: {
      ports: ['3000'],
      environment: { GREETING: 'hello' },
      healthcheck: { 'x-http': '/', interval: '50ms' },
      'x-run': { command: ['node', 'app.mjs'] },
    },
  },
  'x-threeways': {
    version: 1,
    artifact: { build: ['true'], pack: ['app.mjs'] },
    environments: { defaults: { parity: ['GREETING'] }, test: {}, production: { environment: { web: { GREETING: 'welcome' } } } },
    pipeline: { stages: [{ name: 'production', environment: 'production', deploy: { strategy: 'blue-green' } }] },
  },
})

describe('the command line', () => {
  let place: string
  let author: Author
  let server: Started
  let ledger: Awaited<ReturnType<typeof ledgerOfHome>>
  const here = () => ({ cwd: author.folder, env: { XDG_DATA_HOME: path.join(place, 'data'), ...ledger.env } })
  const cli = (...args: string[]) => threeways(here(), ...args)
  const home = () => path.join(author.folder, '.threeways')
  beforeAll(async () => {
    place = await realpath(await mkdtemp(path.join(tmpdir(), 'threeways cli ')))
    author = await gitAuthor(path.join(place, 'a repository'))
    ledger = await ledgerOfHome()
  })
  afterAll(async () => {
    await server?.stop()
    await ledger.drop()
    await removeTree(path.join(place, 'data'))
    await rm(place, { recursive: true, force: true })
  })

  it('says what is wrong and what to do, with an exit code that tells the kind', async () => {
    const empty = await cli('deliver', '--once')
    expect(empty).toMatchObject({ code: 6, stdout: '' })
    expect(empty.stderr).toMatch(/REPOSITORY_EMPTY.*\n.*git commit/)
    expect((await cli('logs', 'nothing')).code).toBe(3)
    expect((await cli('deliver', '--detach')).stderr).toContain('threeways up')
    expect((await cli('ledger', 'import', 'nowhere.jsonl')).stderr).toContain('nowhere.jsonl')
    expect((await cli('dliver')).stderr).toContain('deliver')
  })

  it('delivers by itself where no server runs, ends what it started, and remembers', async () => {
    await author.write({ 'threeways.yaml': definition, 'app.mjs': service })
    await author.commit('Say hello')
    const delivered = await cli('deliver', '--once', '--json')
    expect(delivered.code).toBe(0)
    expect(JSON.parse(delivered.stdout)).toMatchObject({ stream: 'hello', state: 'succeeded' })
    expect(delivered.stderr).toContain('production › run in production')
    expect(await processesOf(home())).toEqual([])
    expect((await cli('status')).stdout).toContain('Say hello')
  })

  it('does not see its own data as a change of the repository', async () => {
    const { stdout } = await cli('deliver', '--once')
    expect(stdout).toContain('is delivered')
    expect((await cli('deliver', '--once')).stderr).not.toContain('are not part of it')
  })

  it('talks to the server of its folder, from any folder below', async () => {
    server = start(here(), 'up', '--port', '0')
    const url = await serverOf(home(), server)
    expect((await cli('deliver')).code).toBe(0)
    const environments = JSON.parse((await cli('env', 'ls', '--json')).stdout) as { id: string; urls: { web: string } }[]
    expect(await (await fetch(environments[0]!.urls.web)).text()).toBe('welcome from hello/production')
    expect(await (await fetch(`${url}/api/streams`)).json()).toMatchObject({ streams: [{ stream: 'hello', line: { status: 'open' } }] })
    const second = await cli('up', '--port', '0')
    expect(second).toMatchObject({ code: 7, stderr: expect.stringContaining('SERVER_RUNS') })
  })

  it('brings environments up beside production, compares them, runs commands in them and takes them down', async () => {
    const up = await cli('env', 'up', 'test', '--name', 'mine', '--json')
    expect(up.code).toBe(0)
    const mine = JSON.parse(up.stdout) as { urls: { web: string } }
    expect(await (await fetch(mine.urls.web)).text()).toBe('hello from hello/mine')
    const diff = await cli('env', 'diff', 'mine', 'production')
    expect(diff).toMatchObject({ code: 0, stdout: expect.stringContaining('declared /services/web/environment/GREETING') })
    const exec = await cli('env', 'exec', 'mine', 'web', '--', 'sh', '-c', 'echo $GREETING; exit 3')
    expect(exec).toMatchObject({ code: 3, stdout: 'hello\n' })
    expect((await cli('env', 'logs', 'mine')).code).toBe(0)
    expect((await cli('env', 'down', 'production')).stderr).toContain('ENVIRONMENT_OWNED')
    expect((await cli('env', 'down', 'mine')).code).toBe(0)
    await expect(fetch(mine.urls.web)).rejects.toThrow('fetch failed')
    expect((await cli('env', 'down', 'mine')).code).toBe(3)
  })

  it('backs the ledger up and restores it elsewhere', async () => {
    const file = path.join(place, 'backup.jsonl')
    expect((await cli('ledger', 'export', file)).code).toBe(0)
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    // Beside the events it holds what proves them.
    const events = lines.filter((line) => line.startsWith('{"seq":'))
    const another = await ledgerOfHome()
    const { cwd, env } = here()
    const elsewhere = (...args: string[]) =>
      threeways({ cwd, env: { ...env, ...another.env } }, 'ledger', ...args, '--home', path.join(place, 'elsewhere'))
    const restored = await elsewhere('import', file)
    expect(restored.stdout).toContain(`${events.length} events recorded`)
    expect((await elsewhere('import', file)).stdout).toContain('0 events recorded')
    expect((await elsewhere('rebuild', '--check')).code).toBe(0)
    await writeFile(file, `${lines.slice(0, 3).join('\n')}\n{"seq":`)
    expect((await elsewhere('import', file)).stderr).toContain('backup.jsonl:4')
    await another.drop()
  })

  it('rebuilds every projection while the server works', async () => {
    expect((await cli('ledger', 'rebuild')).code).toBe(0)
    expect((await cli('ledger', 'rebuild', '--check')).stdout).toContain('is what its events say')
    expect((await cli('status')).stdout).toContain('verified')
  })

  it('shows events, makes tokens and completes words', async () => {
    expect((await cli('events', '--limit', '500')).stdout).toMatch(/pipelinerun\.queued .* asked for the delivery/)
    const { stdout } = await cli('token', 'create', 'ci', '--scope', 'events', '--scope', 'read')
    expect(stdout.trim()).toMatch(/^[\w-]{43}$/)
    expect((await cli('token', 'ls')).stdout).toContain('events,read')
    expect((await cli('--complete', 'env', 'd')).stdout.split('\n')).toEqual(expect.arrayContaining(['diff', 'down']))
    expect((await cli('completion', 'bash')).stdout).toContain('complete -o default')
  })

  it('ends with everything that belongs to it', async () => {
    expect(await server.stop()).toBe(0)
    expect(await processesOf(home())).toEqual([])
  })
})
