import type { AddressInfo } from 'node:net'
import { serve, type ServerType } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../server/testing.ts'
import type { CliContext } from './context.ts'
import { deploy, incident, resolve } from './event.ts'
import { makeOutput } from './output.ts'

describe('threeways event', () => {
  let t: TestThreeways
  let server: ServerType
  let address: string
  let token: string
  beforeAll(async () => {
    t = await openTestThreeways()
    token = ((await t.ask('POST', '/api/tokens', { name: 'ci', scopes: ['events'] })).body as { secret: string }).secret
    server = serve({ fetch: t.threeways.app.fetch, port: 0, hostname: '127.0.0.1' })
    await new Promise((done) => server.once('listening', done))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    server.close()
    await t.close()
  })

  type Answer = { readonly id: string; readonly incident?: string; readonly duplicate: boolean }
  const told: Answer[] = []
  const warned: string[] = []
  const step = (env: Record<string, string> = {}): CliContext => {
    const output = {
      ...makeOutput(process),
      json: (value: unknown) => void told.push(value as Answer),
      say: (text: string) => void warned.push(text),
    }
    return { process, cwd: process.cwd(), env: { THREEWAYS_TOKEN: token, ...env }, output }
  }
  const flags = () => ({ server: address, json: true, environment: 'production', source: '/ci' })
  const ofType = async (type: string) =>
    ((await t.ask('GET', `/api/events?type=${type}`)).body as { events: { event: { id: string; source: string; data: unknown } }[] }).events
  const run = { GITHUB_RUN_ID: '77', GITHUB_RUN_ATTEMPT: '1' }

  it('records a deployment once in a step that is tried again, and once more in the next run', async () => {
    const v1 = { ...flags(), version: 'v1', commit: 'a'.repeat(40), failed: false }
    await deploy.call(step(run), v1, 'shop')
    await deploy.call(step(run), v1, 'shop')
    await deploy.call(step({ GITHUB_RUN_ID: '78', GITHUB_RUN_ATTEMPT: '1' }), v1, 'shop')
    expect(told.splice(0).map(({ duplicate }) => duplicate)).toEqual([false, true, false])
    expect(await ofType('dev.cdevents.service.deployed.0.3.0')).toMatchObject([
      { event: { source: '/ci', data: { customData: { stream: 'shop', version: 'v1', commit: 'a'.repeat(40) } } } },
      {},
    ])
  })

  it('records with the scope "events" one that failed; a gate takes the owner', async () => {
    await deploy.call(step(run), { ...flags(), version: 'v2', failed: true }, 'shop')
    expect(told.splice(0)).toMatchObject([{ duplicate: false }])
    const [failed] = await ofType('dev.cdeventsx.threeways-deployment.failed.0.1.0')
    const own = failed!.event
    const type = 'dev.cdeventsx.threeways-gate.switched.0.1.0'
    const gate = {
      ...own,
      id: 'gate',
      type,
      data: {
        context: { specversion: '0.5.1', id: 'gate', source: '/ci', type, timestamp: '2026-01-01T00:00:00Z' },
        subject: { id: 'shop/production', content: { stream: 'shop', environment: 'production', way: 'into', open: false } },
      },
      time: '2026-01-01T00:00:00Z',
      subject: 'shop/production',
    }
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/cloudevents+json' }
    const answer = await fetch(`${address}/api/events`, { method: 'POST', headers, body: JSON.stringify(gate) })
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'EVENT_RESERVED' }])
  })

  it('names an incident that has no name, and ends it by that name', async () => {
    await incident.call(step(run), { ...flags(), version: 'v1', summary: 'checkout is slow' }, 'shop')
    const [{ incident: name } = { incident: undefined }] = told
    await resolve.call(step(run), { ...flags(), id: name! }, 'shop')
    await resolve.call(step(run), { ...flags(), id: name! }, 'shop')
    expect(told.splice(0)).toMatchObject([
      { incident: name, duplicate: false },
      { incident: name, duplicate: false },
      { incident: name, duplicate: true },
    ])
    expect(name).toMatch(/^[0-9a-f]{12}$/)
  })

  describe('of one incident, more than once', () => {
    const day = (hour: number) => `2026-02-03T${String(hour).padStart(2, '0')}:00:00.000Z`
    const known = async (id: string) =>
      ((await t.ask('GET', `/api/incidents/${id}?stream=shop&environment=production`)).body as { known: unknown }).known

    it('refuses one that is over before it was detected, and takes the right time', async () => {
      await incident.call(step(), { ...flags(), id: 'INC-7', at: day(12) }, 'shop')
      const early = resolve.call(step(), { ...flags(), id: 'INC-7', at: day(11) }, 'shop')
      await expect(early).rejects.toMatchObject({ code: 'TIME_INVALID', message: expect.stringContaining(`detected at ${day(12)}`) })
      await resolve.call(step(), { ...flags(), id: 'INC-7', at: day(13) }, 'shop')
      expect(await known('INC-7')).toMatchObject({ over: true, resolved: day(13) })
    })

    it('takes a later end, and that it began anew and is over once more', async () => {
      await resolve.call(step(), { ...flags(), id: 'INC-7', at: day(14) }, 'shop')
      expect(await known('INC-7')).toMatchObject({ over: true, resolved: day(14) })
      await incident.call(step(), { ...flags(), id: 'INC-7', at: day(15) }, 'shop')
      expect(await known('INC-7')).toMatchObject({ over: false, detected: day(12), detectedLast: day(15) })
      await resolve.call(step(), { ...flags(), id: 'INC-7', at: day(16) }, 'shop')
      expect(await known('INC-7')).toMatchObject({ over: true, resolved: day(16) })
    })

    it('needs no time: what is told again says nothing new, and what is told after its end or its beginning does', async () => {
      told.splice(0)
      await resolve.call(step(), { ...flags(), id: 'INC-7' }, 'shop')
      // Over since then, and not since somebody said it again.
      expect(await known('INC-7')).toMatchObject({ resolved: day(16) })
      await incident.call(step(), { ...flags(), id: 'INC-7' }, 'shop')
      await incident.call(step(), { ...flags(), id: 'INC-7' }, 'shop')
      expect(await known('INC-7')).toMatchObject({ over: false })
      await resolve.call(step(), { ...flags(), id: 'INC-7' }, 'shop')
      await resolve.call(step(), { ...flags(), id: 'INC-7' }, 'shop')
      expect(await known('INC-7')).toMatchObject({ over: true })
      expect(
        told
          .splice(0)
          .slice(1)
          .map(({ duplicate }) => duplicate),
      ).toEqual([false, true, false, true])
    })

    it('warns that there is none of that name here yet, names those that may be meant, and keeps it', async () => {
      warned.splice(0)
      await resolve.call(step(), { ...flags(), environment: 'staging', id: 'INC-7' }, 'shop')
      expect(warned.splice(0).join('\n')).toMatch(
        /no incident INC-7 of shop in staging is known yet.*\n.*did you mean INC-7 of shop in production/,
      )
      await incident.call(step(), { ...flags(), environment: 'staging', id: 'INC-7', at: '2026-01-01' }, 'shop')
      await resolve.call(step(), { ...flags(), id: 'INC-7' }, 'shop')
      expect(warned).toEqual([])
    })
  })

  it.each([
    ['an empty variable', { version: '' }, 'NAME_INVALID', 2],
    ['a time that is none', { version: 'v1', at: 'yesterday' }, 'TIME_INVALID', 2],
    ['the future', { version: 'v1', at: '2190-01-01' }, 'TIME_INVALID', 2],
    ['a server that is away', { version: 'v1', server: 'http://127.0.0.1:1' }, 'SERVER_UNREACHABLE', 7],
  ])('refuses %s', async (_, more, code, exitCode) => {
    await expect(deploy.call(step(run), { ...flags(), failed: false, ...more }, 'shop')).rejects.toMatchObject({ code, exitCode })
  })

  it('says what is missing where no server is named', async () => {
    const { server: _, ...nowhere } = { ...flags(), version: 'v1', failed: false, home: '/nowhere/at all' }
    await expect(deploy.call(step(run), nowhere, 'shop')).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE', exitCode: 7 })
  })

  it('takes one name with two times for what it is', async () => {
    const named = { ...flags(), version: 'v1', failed: false, id: 'one' }
    await deploy.call(step(), { ...named, at: '2026-01-01' }, 'shop')
    await expect(deploy.call(step(), { ...named, at: '2026-01-02' }, 'shop')).rejects.toMatchObject({ code: 'EVENT_ID_REUSED' })
  })
})
