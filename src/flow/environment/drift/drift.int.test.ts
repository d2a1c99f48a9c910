import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, readFile, readlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../../server/testing.ts'
import { keepAsking } from '../contract-stage.ts'
import type { EnvironmentView } from '../schemas.ts'
import { environmentDrifted, environmentHealed } from './events.ts'

/** On request it becomes another program, or no longer listens. */
const server = `
import http from 'node:http'
const app = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost')
  if (url.pathname === '/become') process.execve(process.execPath, [process.execPath, 'server.mjs', '--other'], { ...process.env, COLOUR: 'green' })
  if (url.pathname === '/close') app.close(), app.closeIdleConnections()
  if (url.pathname === '/crash') process.exit(3)
  response.end(JSON.stringify({ version: process.env.COLOUR }))
})
app.listen(process.env.PORT, '127.0.0.1')
setInterval(() => {}, 1000)
`

const definition = JSON.stringify({
  name: 'shop',
  services: {
    web: {
      'x-run': { command: [process.execPath, 'server.mjs'] },
      ports: ['3000'],
      environment: { COLOUR: 'blue' },
      healthcheck: { 'x-http': '/', interval: '200ms', timeout: '2s' },
    },
  },
  'x-threeways': {
    version: 1,
    artifact: { build: ['true'], pack: ['server.mjs', 'notes'] },
    environments: { test: {}, own: { drift: 'heal' } },
    pipeline: { stages: [{ name: 'dev', environment: 'test' }] },
  },
})

describe.skipIf(process.platform !== 'linux')('drift (read from /proc)', () => {
  let t: TestThreeways
  let candidate: string
  beforeAll(async () => {
    t = await openTestThreeways()
    await t.author.write({ 'threeways.yaml': definition, 'server.mjs': server, notes: 'as packed' })
    await t.author.commit('One')
    candidate = (await t.ended((await t.deliver()).id)).candidate!
    await looked('test')
  }, 30_000)
  afterAll(() => t.close())

  const show = async (name: string) => (await t.ask('GET', `/api/environments/one?name=${name}`)).body as EnvironmentView
  const pidOf = async (name: string) => (await show(name)).services[0]!.pid!
  const ask = async (name: string, at = '/') => (await fetch(`${(await show(name)).urls['web']}${at}`)).text()
  const artifact = async (name: string) => readlink(`/proc/${await pidOf(name)}/cwd`)

  /** Its program was looked at, and so were its files. */
  async function looked(name: string): Promise<void> {
    const file = path.join(t.home.folder, 'environments/shop', name, 'state.json')
    while (!/"listened": true/.test(await readFile(file, 'utf8'))) await sleep(50)
  }

  async function until(name: string, holds: (kinds: readonly string[], view: EnvironmentView) => boolean): Promise<EnvironmentView> {
    for (const deadline = Date.now() + 8_000; ; await sleep(50)) {
      const view = await show(name)
      if (
        holds(
          view.drift.map(({ kind }) => kind),
          view,
        )
      )
        return view
      if (Date.now() > deadline) throw new Error(JSON.stringify(view))
    }
  }

  const events = async (type: string) =>
    (await t.threeways.ledger.read({ types: [type], limit: 1_000 })).map(({ event }) => event.data.subject)

  it('tells what of a stage’s environment is not as it was made, and when it is again', async () => {
    const pid = await pidOf('test')
    const folder = await artifact('test')
    process.kill(pid, 'SIGSTOP')
    const stranger = spawn('sleep', ['60'], {
      env: { THREEWAYS_HOME_ID: t.home.id, THREEWAYS_ENVIRONMENT: 'shop/test', THREEWAYS_INSTANCE: randomUUID() },
    })
    await chmod(path.join(folder, 'notes'), 0o644)
    await writeFile(path.join(folder, 'notes'), 'edited')
    const view = await until('test', (kinds) => kinds.length >= 3)
    expect(view.drift.map(({ kind, about }) => `${kind} ${about}`).toSorted()).toEqual([
      'file-changed notes',
      `process-foreign process ${stranger.pid}`,
      'process-frozen web',
    ])
    expect(view.drift.every(({ response }) => response === 'alert')).toBe(true)
    process.kill(pid, 'SIGCONT')
    stranger.kill()
    await until('test', (kinds) => kinds.length === 1)
    await writeFile(path.join(folder, 'notes'), 'as packed')
    await until('test', (kinds) => kinds.includes('file-mode'))
    await chmod(path.join(folder, 'notes'), 0o444)
    await until('test', (kinds) => kinds.length === 0)
    expect(await pidOf('test')).toBe(pid)
  })

  it('never tells a variable’s value', async () => {
    await ask('test', '/become').catch(() => {})
    const view = await until('test', (kinds) => kinds.includes('variables') && kinds.includes('command'))
    expect(view.drift.find(({ kind }) => kind === 'variables')!.observed).toBe('COLOUR is another')
    expect(JSON.stringify(await events(environmentDrifted.type))).not.toContain('green')
  })

  it('is put right on request, and no request fails meanwhile', async () => {
    const asking = keepAsking((await show('test')).urls['web']!)
    const healed = await t.ask('POST', '/api/environments/heal?name=test')
    expect(healed).toMatchObject({ status: 200, body: { healed: expect.arrayContaining(['variables web']) } })
    const { answered, failed } = await asking.end()
    expect(failed).toEqual([])
    expect(answered).toBeGreaterThan(0)
    await until('test', (kinds) => kinds.length === 0)
    expect(await ask('test')).toContain('blue')
  })

  it('of files without another copy is not loaded, and healing says so, also by a server that has just begun', async () => {
    const pid = await pidOf('test')
    const notes = path.join(await artifact('test'), 'notes')
    await chmod(notes, 0o644)
    await writeFile(notes, 'edited')
    await until('test', (kinds) => kinds.includes('file-changed'))
    const heal = async () => (await t.ask('POST', '/api/environments/heal?name=test')).body
    expect(await heal()).toMatchObject({ code: 'ARTIFACT_WITHOUT_SPARE' })
    await t.restart()
    expect(await heal()).toMatchObject({ code: 'ARTIFACT_WITHOUT_SPARE' })
    expect(await pidOf('test')).toBe(pid)
    await writeFile(notes, 'as packed')
    await chmod(notes, 0o444)
    await until('test', (kinds) => kinds.length === 0)
  })

  it('is healed where the definition asks for it', async () => {
    const response = await t.threeways.app.request('/api/environments', {
      method: 'POST',
      headers: { authorization: `Bearer ${t.threeways.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ candidate, settings: 'own', name: 'mine' }),
    })
    expect(await response.text()).toContain('"environment"')
    await looked('mine')
    const pid = await pidOf('mine')
    process.kill(pid, 'SIGSTOP')
    await until('mine', (kinds, view) => kinds.length === 0 && view.services[0]!.pid !== pid && view.services[0]!.state === 'ready')
    const notes = path.join(await artifact('mine'), 'notes')
    await chmod(notes, 0o644) // Root alone may write without.
    await writeFile(notes, 'edited')
    await until('mine', (kinds) => kinds.length > 0)
    await until('mine', (kinds) => kinds.length === 0)
    expect(await readFile(notes, 'utf8')).toBe('as packed')
    expect((await events(environmentHealed.type)).filter(({ content }) => content['by'] === 'threeways').length).toBeGreaterThan(1)
  })

  it('says nothing of crashes that were answered with a restart, and of deployments', async () => {
    const before = (await events(environmentDrifted.type)).length
    await ask('mine', '/crash').catch(() => {})
    await t.author.write({ 'server.mjs': `${server}\n` })
    await t.author.commit('Two')
    expect((await t.ended((await t.deliver()).id)).state).toBe('succeeded')
    await sleep(2_500)
    expect((await events(environmentDrifted.type)).slice(before)).toEqual([])
  }, 30_000)

  it('is remembered by the next server', async () => {
    await ask('test', '/close')
    await until('test', (kinds) => kinds.includes('port-closed'))
    const file = path.join(t.home.folder, 'environments/shop/test/state.json')
    await writeFile(file, (await readFile(file, 'utf8')).replace('"sticky": false', '"sticky": true'))
    await until('test', (kinds) => kinds.includes('record'))
    await t.restart()
    await until('test', (kinds) => kinds.includes('port-closed') && !kinds.includes('record'))
    expect((await t.ask('POST', '/api/environments/heal?name=test')).status).toBe(200)
    await until('test', (kinds) => kinds.length === 0)
  }, 30_000)
})
