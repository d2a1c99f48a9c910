import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOfTree } from '../../../flow/candidate/tree.ts'
import { ask, serviceOf, Stage } from '../../../flow/environment/contract-stage.ts'
import { readDefinition } from '../../../flow/definition/read.ts'
import { definitionText } from '../../../flow/definition/testing.ts'
import { backgroundWorker, fixtureIn, web } from '../../../flow/environment/fixture.ts'
import type { Desired, Progress, Target } from '../../../flow/environment/provider.port.ts'
import { identify, pidsMarked, run } from '../../../kernel/process.ts'
import { makeHome, type TestHome } from '../testing.ts'
import { findProvider } from '../../compose/find-provider.ts'

let home: TestHome
let stage: Stage
let store: string
let count = 0
const pathBefore = process.env['PATH']
const cloud = (options: Record<string, readonly string[]> = {}) => ({
  provided: { db: { type: 'testcloud', options: { store: [store], ...options } } },
})
const dependent = { ...web, dependsOn: { db: 'healthy' as const } }
const candidate = (
  version: string,
  options?: Record<string, readonly string[]>,
  services: Record<string, typeof web> = { web: dependent },
): Promise<Desired> => fixtureIn(`${home.folder}/candidates`).candidate(version, { services, ...cloud(options) })
const calls = async () => (await readFile(path.join(store, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean)
const commands = async () => (await calls()).map((call) => call.split(' ')[0])
const made = async () => (await readdir(store)).filter((file) => file !== 'calls')

beforeAll(async () => {
  home = await makeHome(digestOfTree)
  const bin = path.join(home.folder, 'bin')
  await mkdir(bin)
  await symlink(path.join(import.meta.dirname, 'testcloud.mjs'), path.join(bin, 'testcloud'))
  process.env['PATH'] = `${bin}:${pathBefore}`
})
afterAll(async () => {
  process.env['PATH'] = pathBefore
  await home.dispose()
})
beforeEach(async () => {
  stage = new Stage(home.provider())
  stage.environment = `shop/provided-${++count}`
  store = path.join(home.folder, `store ${count}`)
  await mkdir(store)
})
afterEach(async () => {
  await stage.provider.destroy(stage.environment)
  await stage.provider.close('leave')
})

describe('what a provider of others makes', () => {
  it('is there before its dependants start, which get what it told', async () => {
    const desired = await candidate('1', { size: ['256'], tag: ['a=1', 'b 2'] }, { web: dependent, worker: { ...backgroundWorker } })
    const told: Progress[] = []
    const observed = await stage.bring(stage.target([desired], desired), (progress) => told.push(progress))
    const { env } = await ask(observed)
    expect(env).toMatchObject({ DB_URL: 'cloud://user:secret-of-db@127.0.0.1:1234/256', CLOUD_REGION: 'eu-1' })
    const [up] = await calls()
    expect(up).toContain(`up db {"store":["${store}"],"size":["256"],"tag":["a=1","b 2"]} in ${desired.artifact} as shop-provided-`)
    expect(observed.resources).toEqual([{ name: 'db', type: 'testcloud', ready: true }])
    expect(observed.variables).toMatchObject({ DB_URL: env['DB_URL'], CLOUD_REGION: 'eu-1' })
    const lines = told.map(({ subject, message }) => `${subject}: ${message}`)
    expect(lines.indexOf('provided db: ready')).toBeLessThan(lines.indexOf('service web: starting'))
    expect(lines).toContain('provided db: making db')
    expect(lines.join('\n')).not.toContain('secret-of-db')
  })

  it('is asked for once by a candidate, again by the next, and by none that is there already', async () => {
    const [one, next] = [await candidate('1'), await candidate('2', { size: ['5'] })]
    await stage.bring(stage.target([one], one))
    await stage.bring(stage.target([one], one))
    expect(await commands()).toEqual(['up'])
    expect((await stage.provider.plan(stage.target([next], next))).actions).toContainEqual({
      kind: 'create',
      subject: 'db, provided by testcloud',
      reason: 'is wanted with other options',
    })
    // Beside each other, then alone: what is new decides, and nothing goes to and fro.
    await stage.bring(stage.target([one, next], one))
    await stage.bring(stage.target([one, next], next))
    const after = await stage.bring(stage.target([next], next))
    expect(await commands()).toEqual(['up', 'up'])
    expect((await ask(after)).env['DB_URL']).toContain('/5')
  })

  it('is given back when nobody wants it any more, and with its environment', async () => {
    const [one, without] = [await candidate('1'), await fixtureIn(`${home.folder}/candidates`).candidate('2')]
    await stage.bring(stage.target([one], one))
    const after = await stage.bring(stage.target([without], without))
    expect([await commands(), await made(), after.resources]).toEqual([['up', 'down'], [], []])
    await stage.bring(stage.target([one], one))
    await stage.provider.destroy(stage.environment)
    expect([await commands(), await made()]).toEqual([['up', 'down', 'up', 'down'], []])
    expect(await home.leftovers(stage.environment)).toEqual([])
  })

  it('is stopped while its environment sleeps, and up again before that wakes', async () => {
    const one = await candidate('1')
    const before = await stage.bring(stage.target([one], one))
    await stage.provider.rest!.sleep(stage.environment)
    expect([await commands(), await made()]).toEqual([['up', 'stop'], [expect.stringContaining('db')]])
    await stage.provider.close('leave')
    stage.provider = home.provider()
    await stage.provider.recover()
    expect((await ask(before)).env['DB_URL']).toContain('cloud://')
    expect(await commands()).toEqual(['up', 'stop', 'up'])
  })

  it('is told to services that a next server starts again', async () => {
    const one = await candidate('1')
    const before = await stage.bring(stage.target([one], one))
    await stage.provider.close('stop')
    stage.provider = home.provider()
    await stage.provider.recover()
    await stage.eventually(({ services }) => services[0]!.state === 'ready')
    expect((await ask(before)).env['DB_URL']).toContain('cloud://')
    expect(await commands()).toEqual(['up'])
  })
})

describe('a provider that fails', { timeout: 120_000 }, () => {
  it('keeps the candidate from starting, says why without its secrets, and is owed its end', async () => {
    const one = await candidate('1', { fail: ['ask again tomorrow'] })
    const error = await stage.bring(stage.target([one], one)).catch((error: Error) => error)
    expect(error).toMatchObject({ code: 'PROVIDER_FAILED', message: expect.stringContaining('ask again tomorrow') })
    expect((error as Error).message).not.toContain('correct horse')
    expect((await stage.provider.observe(stage.environment)).services).toEqual([])
    expect(await made()).toEqual([expect.stringContaining('.half')])
    await stage.provider.destroy(stage.environment)
    expect([await commands(), await made()]).toEqual([['up', 'down'], []])
  })

  it('to give something back keeps the environment on record until it can', async () => {
    const stuck = path.join(store, 'stuck')
    const one = await candidate('1', { stuck: [stuck] })
    await stage.bring(stage.target([one], one))
    await writeFile(stuck, 'the cloud is away')
    await expect(stage.provider.destroy(stage.environment)).rejects.toMatchObject({ message: expect.stringContaining('the cloud is away') })
    await stage.provider.close('leave')
    stage.provider = home.provider()
    await stage.provider.recover()
    expect(await stage.provider.list()).toContain(stage.environment)
    await rm(stuck)
    await stage.provider.destroy(stage.environment)
    expect(await home.leftovers(stage.environment)).toEqual([])
  })

  it('to answer keeps no server from starting, nor from ending', async () => {
    const stuck = path.join(store, 'stuck')
    const one = await candidate('1', { stuck: [stuck] })
    await stage.bring(stage.target([one], one))
    await writeFile(stuck, 'hangs')
    const hangs = async (times: number) => {
      while ((await commands()).filter((command) => command === 'down').length < times) await sleep(20)
    }
    const destroying = stage.provider.destroy(stage.environment).catch((error: Error) => error)
    await hangs(1)
    await stage.provider.close('leave')
    expect(await destroying).toMatchObject({ code: 'PROVIDER_CLOSED' })
    stage.provider = home.provider()
    await stage.provider.recover()
    await hangs(2)
    await stage.provider.close('leave')
    await rm(stuck)
    stage.provider = home.provider()
    await stage.provider.recover()
    while ((await made()).length > 0) await sleep(20)
    await stage.provider.destroy(stage.environment)
    expect(await home.leftovers(stage.environment)).toEqual([])
  })

  it('and has gone is missed by name', async () => {
    const desired = await fixtureIn(`${home.folder}/candidates`).candidate('1', {
      provided: { db: { type: 'no-such-cloud', options: {} } },
    })
    await expect(stage.bring(stage.target([desired], desired))).rejects.toMatchObject({
      code: 'PROVIDER_MISSING',
      help: expect.stringContaining('docker-no-such-cloud'),
    })
    await stage.provider.destroy(stage.environment)
    expect(await home.leftovers(stage.environment)).toEqual([])
  })

  it('to come to an end is ended by whoever takes the environment down', async () => {
    const one = await candidate('1', { slow: ['600000'] })
    const bringing = stage.bring(stage.target([one], one)).catch((error: Error) => error)
    while (!(await made()).some((file) => file.endsWith('.half'))) await sleep(20)
    const [half] = await made()
    const pid = Number(await readFile(path.join(store, half!), 'utf8'))
    await stage.provider.destroy(stage.environment)
    expect(await bringing).toMatchObject({ code: 'ENVIRONMENT_IS_GOING' })
    expect(await identify(pid)).toBeUndefined()
    expect(await made()).toEqual([])
  })
})

describe('a server killed with SIGKILL while a provider is at work', { timeout: 120_000 }, () => {
  function startServer(target: Target, digest: string) {
    const told = { home: home.home, homeId: home.homeId, database: path.join(home.home, 'resources', 'pg'), target, digest }
    const script = path.join(import.meta.dirname, '..', 'server-to-kill.ts')
    return spawn(process.execPath, [script, JSON.stringify(told)], { stdio: ['ignore', 'pipe', 'inherit'] })
  }

  /** Kills it when the provider has told that it makes something. */
  async function killedMeanwhile(target: Target, digest: string): Promise<void> {
    const server = startServer(target, digest)
    for await (const line of createInterface({ input: server.stdout })) if (line.includes('making db')) break
    while (!(await made()).some((file) => file.endsWith('.half'))) await sleep(5)
    server.kill('SIGKILL')
    await once(server, 'exit')
  }

  it('owes its end: the next one ends the call and gives back what it had made', async () => {
    const one = await candidate('1', { slow: ['600000'] })
    await killedMeanwhile(stage.target([one], one), one.artifactDigest)
    const [half] = await made()
    const pid = Number(await readFile(path.join(store, half!), 'utf8'))
    expect(await identify(pid)).toBeDefined()
    await stage.provider.recover()
    await stage.provider.destroy(stage.environment)
    expect([await commands(), await made()]).toEqual([['up', 'down'], []])
    expect(await identify(pid)).toBeUndefined()
    expect(await home.leftovers(stage.environment)).toEqual([])
  })

  it('owes it whatever the moment: before the call began, while it was noted, after it ended', async () => {
    for (const [round, ms] of [0, 25, 50, 100].entries()) {
      stage.environment = `shop/moment-${round}`
      const one = await candidate('1', { slow: ['20'] })
      const server = startServer(stage.target([one], one), one.artifactDigest)
      for await (const line of createInterface({ input: server.stdout })) if (line.includes('asking testcloud')) break
      await sleep(ms)
      server.kill('SIGKILL')
      await once(server, 'exit')
      await stage.provider.recover()
      await stage.provider.destroy(stage.environment)
      expect(await made()).toEqual([])
      expect(await home.leftovers(stage.environment)).toEqual([])
    }
    expect((await commands()).filter((command) => command === 'down')).toHaveLength(4)
    // Nobody makes anything after it was given back.
    expect((await run('ps', ['-eo', 'args='])).stdout).not.toContain(store)
    expect(await made()).toEqual([])
  })

  it('goes on from there when the same is asked again', async () => {
    const one = await candidate('1', { slow: ['1500'] })
    await killedMeanwhile(stage.target([one], one), one.artifactDigest)
    await stage.provider.recover()
    const observed = await stage.bring(stage.target([one], one))
    expect((await ask(observed)).env['DB_URL']).toContain('cloud://')
    expect(serviceOf(observed, 'web').state).toBe('ready')
    expect([await commands(), await made()]).toEqual([['up', 'up'], [expect.stringMatching(/ db$/)]])
    expect(await pidsMarked('THREEWAYS_PROVIDER_CALL', '')).toEqual([])
  })
})

describe('what a provider cannot do', () => {
  const refusals = async (services: string, environments?: string) => {
    const { definition, positions } = readDefinition(
      definitionText({ services, ...(environments ? { environments } : {}) }),
      'threeways.yaml',
    )
    const faults = await stage.provider.refusals(definition, positions)
    return faults.map(({ line, column, message, help }) => `${line}:${column} ${message} (${help})`)
  }
  const of = (options: string, type = 'testcloud') =>
    `\n  db: {provider: {type: ${type}, options: ${options}}}\n  web: {command: a, depends_on: [db]}`

  it('is refused at its line before anything is done: a provider that is not here, an option it does not know', async () => {
    expect(await refusals(of('{}', 'no-such-cloud'))).toEqual([
      expect.stringMatching(
        /^3:25 "db" is provided by "no-such-cloud", and there is no such provider here \(install it: .*docker-no-such-cloud/,
      ),
    ])
    expect(await refusals(of('{store: /tmp, sise: 5, size: big, kind: oracle}'))).toEqual([
      '3:65 provider "testcloud" has no option "sise" (it has store, mute, size, kind, tag, slow, fail)',
      '3:74 provider "testcloud" takes integer as "size", got "big" (correct it)',
      '3:85 provider "testcloud" does not know "oracle" as "kind" (it knows mysql, postgres)',
    ])
    expect(await refusals(of('{size: 5}'))).toEqual([expect.stringContaining('provider "testcloud" requires the option "store"')])
    expect(await refusals(of('{store: /tmp, stuck: /x}'))).toEqual([])
    expect(await calls()).toEqual([])
  })

  it('is refused where services have networks of their own', async () => {
    const environments = '{dev: {isolation: when-present}, production: {isolation: when-present, network: host}}'
    expect(await refusals(of('{store: /tmp}'), environments)).toEqual([
      expect.stringContaining(
        'environment "dev" has networks of its own, from which nothing reaches "db", which a provider makes (add `network: host`',
      ),
    ])
  })
})

it('a provider is found among the plugins of Docker before PATH, as a program and nothing else', async () => {
  const plugins = path.join(home.folder, 'docker', 'cli-plugins')
  await mkdir(plugins, { recursive: true })
  const env = { PATH: `relative:${process.env['PATH']}`, HOME: home.folder, DOCKER_CONFIG: path.join(home.folder, 'docker') }
  expect(findProvider('testcloud', env)).toBe(path.join(home.folder, 'bin', 'testcloud'))
  await writeFile(path.join(plugins, 'docker-testcloud'), 'no program')
  expect(findProvider('testcloud', env)).toBe(path.join(home.folder, 'bin', 'testcloud'))
  await rm(path.join(plugins, 'docker-testcloud'))
  await symlink(path.join(import.meta.dirname, 'testcloud.mjs'), path.join(plugins, 'docker-testcloud'))
  expect(findProvider('testcloud', env)).toBe(path.join(plugins, 'docker-testcloud'))
  expect(findProvider('no-such-cloud', env)).toBeUndefined()
  expect(existsSync(plugins)).toBe(true)
})
