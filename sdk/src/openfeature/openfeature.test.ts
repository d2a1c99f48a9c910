import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { OpenFeature, ProviderEvents, type Client as ServerClient } from '@openfeature/server-sdk'
import { OpenFeature as Web, ProviderEvents as WebEvents } from '@openfeature/web-sdk'
import { afterAll, describe, expect, it } from 'vitest'
import { createClient } from '../client/client.ts'
import type { FlagSet } from '../evaluate/flag-set.ts'
import { makeFakeServer } from '../testing/fake-server.ts'
import { casesOf } from '../testing/gherkin.ts'
import { specFlags, type SpecFlag } from '../testing/openfeature-flags.ts'
import { playSpec } from '../testing/openfeature-suite.ts'
import { sharedData } from '../testing/shared-data.ts'
import { ThreewaysProvider } from './server.ts'
import { ThreewaysWebProvider } from './web.ts'

const flag = {
  state: 'ENABLED' as const,
  variants: { on: true, off: false },
  defaultVariant: 'off',
  targeting: { if: [{ '===': [{ var: ['plan'] }, 'paid'] }, 'on'] },
  metadata: { 'tw.rev': 3, 'tw.rules': 'paying' },
}
const set: FlagSet = {
  flags: {
    chat: flag,
    limit: { state: 'ENABLED', variants: { low: 10 }, defaultVariant: 'low' },
    look: { state: 'ENABLED', variants: { a: { lines: 2 } }, defaultVariant: 'a' },
  },
}
const killed: FlagSet = { flags: { ...set.flags, chat: { ...flag, targeting: {} } } }
const paid = { targetingKey: 'user-1', plan: 'paid' }

function stage(alive = true) {
  const server = makeFakeServer(set)
  if (!alive) server.die()
  return { server, client: createClient({ url: 'http://flags.test/api/flag-sets/production', fetch: server.fetch, random: () => 0.5 }) }
}

afterAll(async () => {
  await OpenFeature.close()
  await Web.close()
})

describe("OpenFeature's SDK for Node", () => {
  const ready = async (): Promise<{ readonly of: ServerClient } & ReturnType<typeof stage>> => {
    const staged = stage()
    await OpenFeature.setProviderAndWait('server', new ThreewaysProvider(staged.client))
    return { of: OpenFeature.getClient('server'), ...staged }
  }

  it('gets each type, and the rule that fired', async () => {
    const { of } = await ready()
    expect(await of.getBooleanDetails('chat', false, paid)).toMatchObject({
      value: true,
      variant: 'on',
      reason: 'TARGETING_MATCH',
      flagMetadata: { 'tw.rule': 'paying', 'tw.rev': 3 },
    })
    expect(await of.getNumberValue('limit', 0)).toBe(10)
    expect(await of.getObjectValue('look', {})).toEqual({ lines: 2 })
    expect(await of.getStringDetails('chat', 'x')).toMatchObject({ value: 'x', errorCode: 'TYPE_MISMATCH' })
    expect(await of.getBooleanDetails('other', true)).toMatchObject({ value: true, errorCode: 'FLAG_NOT_FOUND' })
  })

  it('is told of changes, by name', async () => {
    const { of, server } = await ready()
    const told = new Promise((resolve) => of.addHandler(ProviderEvents.ConfigurationChanged, (event) => resolve(event?.flagsChanged)))
    server.publish(killed)
    expect(await told).toEqual(['chat'])
    expect(await of.getBooleanValue('chat', true, paid)).toBe(false)
  })

  it('tells us what units did', async () => {
    const { of, server, client } = await ready()
    of.track('paid', paid, { value: 12.5 })
    of.track('clicked', paid)
    await client.flush()
    expect(server.batches[0]!.metrics).toMatchObject([
      { metric: 'paid', n: 1, sum: 12.5 },
      { metric: 'clicked', n: 1, sum: 1 },
    ])
  })

  it('is not ready without flags, and becomes so when they are there', async () => {
    const { server, client } = stage(false)
    await expect(OpenFeature.setProviderAndWait('late', new ThreewaysProvider(client, { waitMs: 5 }))).rejects.toThrow('fetch failed')
    const of = OpenFeature.getClient('late')
    expect(of.providerStatus).toBe('ERROR')
    const becomes = new Promise<void>((resolve) => of.addHandler(ProviderEvents.Ready, () => resolve()))
    server.rise()
    await becomes
    expect(await of.getBooleanValue('chat', false, paid)).toBe(true)
  })
})

describe("OpenFeature's SDK for browsers", () => {
  it('evaluates at once, also for another context, and hears of changes', async () => {
    const { server, client } = stage()
    await Web.setContext('web', paid)
    await Web.setProviderAndWait('web', new ThreewaysWebProvider(client))
    const of = Web.getClient('web')
    expect(of.getBooleanDetails('chat', false)).toMatchObject({ value: true, flagMetadata: { 'tw.rule': 'paying' } })
    expect([of.getNumberValue('limit', 0), of.getObjectValue('look', {}), of.getStringValue('chat', 'x')]).toEqual([10, { lines: 2 }, 'x'])
    await Web.setContext('web', { targetingKey: 'user-2' })
    expect(of.getBooleanValue('chat', true)).toBe(false)
    await Web.setContext('web', paid)
    const told = new Promise<void>((resolve) => of.addHandler(WebEvents.ConfigurationChanged, () => resolve()))
    server.publish(killed)
    await told
    expect(of.getBooleanValue('chat', true)).toBe(false)
    of.track('clicked')
    await client.flush()
    expect(server.batches.at(-1)!.metrics).toMatchObject([{ metric: 'clicked', n: 1 }])
  })
})

const folder = sharedData('openfeature', 'gherkin')
describe.skipIf(folder === undefined)("OpenFeature's own suite (only where its files lie beside the repository)", () => {
  const read = (file: string): string => readFileSync(path.join(folder!, file), 'utf8')
  const cases =
    folder === undefined
      ? []
      : readdirSync(folder)
          .filter((file) => file.endsWith('.feature'))
          .flatMap((file) => casesOf(read(file)).map((one) => [file, one.name, one] as const))
  const flags = folder === undefined ? { flags: {} } : specFlags(JSON.parse(read('test-flags.json')) as Record<string, SpecFlag>)

  it('is all there', () => expect(cases.length).toBe(132))
  const cached = ([, , { tags }]: (typeof cases)[number]) => tags.includes('@reason-codes-cached')
  it('is about caches in two cases, and we keep none: what is evaluated here is never older than the flags', () =>
    expect(cases.filter(cached).length).toBe(2))
  it.each(cases.filter((one) => !cached(one)))('%s: %s', async (_, __, one) => expect(await playSpec(one, flags)).toBeUndefined())
})
