import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serve, type ServerType } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../server/testing.ts'
import type { CliContext } from './context.ts'
import { importGrowthbook, importUnleash, type ImportFlagsFlags } from './import-flags.ts'
import { makeOutput } from './output.ts'

type Told = {
  readonly imported: readonly { readonly flag: string; readonly bucketing: string; readonly changed: boolean | null }[]
  readonly refused: readonly { readonly name: string }[]
}

const rollout = { name: 'flexibleRollout', parameters: { rollout: '40', stickiness: 'userId', groupId: 'basket' } }
const basket = { name: 'basket', enabled: true, strategies: [rollout] }
const lottery = { name: 'lottery', enabled: true, strategies: [{ name: 'gradualRolloutRandom', parameters: { percentage: '9' } }] }
const units = Array.from({ length: 60 }, (_, n) => `unit-${n}`)

describe('flags that are brought in', () => {
  let t: TestThreeways
  let server: ServerType
  let unleash: Server
  let folder: string
  const asked: (string | undefined)[] = []
  beforeAll(async () => {
    t = await openTestThreeways()
    server = serve({ fetch: t.threeways.app.fetch, port: 0, hostname: '127.0.0.1' })
    unleash = createServer((request, response) => {
      asked.push(request.headers.authorization)
      response.end(JSON.stringify({ version: 2, features: [basket, lottery] }))
    })
    await Promise.all([
      new Promise((done) => server.once('listening', done)),
      new Promise<void>((done) => unleash.listen(0, '127.0.0.1', done)),
    ])
    folder = await mkdtemp(path.join(tmpdir(), 'threeways-import-'))
  })
  afterAll(async () => {
    server.close()
    unleash.close()
    await t.close()
    await rm(folder, { recursive: true })
  })

  const at = (one: ServerType | Server) => `http://127.0.0.1:${(one.address() as AddressInfo).port}`
  const told: Told[] = []
  const context = (): CliContext => {
    const output = { ...makeOutput(process), json: (value: unknown) => void told.push(value as Told), say: () => undefined }
    return { process, cwd: folder, env: { THREEWAYS_TOKEN: t.threeways.adminToken, UNLEASH_API_TOKEN: 'client-token' }, output }
  }
  const flags = (more: Partial<ImportFlagsFlags> = {}): ImportFlagsFlags => ({
    server: at(server),
    environment: 'production',
    owner: 'shop',
    skipRefused: false,
    dryRun: false,
    over: false,
    anonymous: 'refuse',
    sticky: 'refuse',
    json: true,
    ...more,
  })
  const standing = async () =>
    ((await t.ask('GET', '/api/flags')).body as { flags: { flag: string; latest: { revision: number } }[] }).flags
  const answers = () =>
    Promise.all(
      units.map(async (targetingKey) => {
        const { body } = await t.ask('POST', '/api/flag-sets/production/ofrep/v1/evaluate/flags/basket', { context: { targetingKey } })
        return (body as { value: boolean }).value
      }),
    )

  it('are all published or none, unless the others are said to be enough', async () => {
    await expect(importUnleash.call(context(), flags(), at(unleash))).rejects.toMatchObject({ code: 'IMPORT_REFUSED', exitCode: 6 })
    expect(told.pop()!.refused).toMatchObject([{ name: 'lottery' }])
    expect(await standing()).toEqual([])
    await importUnleash.call(context(), flags({ skipRefused: true }), at(unleash))
    expect(told.pop()).toMatchObject({
      imported: [{ flag: 'basket', bucketing: 'unleash-v1', changed: true }],
      refused: [{ name: 'lottery' }],
    })
    expect(asked).toEqual(['client-token', 'client-token'])
  })

  it('change nothing when they are brought in again, and give over OFREP what they gave, also when ramped', async () => {
    await importUnleash.call(context(), flags({ skipRefused: true }), at(unleash))
    expect(told.pop()!.imported).toMatchObject([{ changed: false }])
    const before = await answers()
    expect(new Set(before)).toEqual(new Set([true, false]))
    await t.ask('POST', '/api/flags/basket/stand', { environment: 'production', serve: { on: '70%' }, reason: 'all is well' })
    const after = await answers()
    expect(before.filter((was, n) => was && after[n] !== true)).toEqual([])
    // What was done by hand is not undone by what was there before.
    await importUnleash.call(context(), flags({ skipRefused: true }), at(unleash))
    expect(told.pop()!.imported).toMatchObject([{ changed: false }])
    expect(await standing()).toMatchObject([{ flag: 'basket', latest: { revision: 2 } }])
  })

  it('never take the place of a flag that did not come from there, unless that is said', async () => {
    const basketOfOurs = 'flag: till\nowner: till\npurpose: operations\nenvironments: {production: {state: on, serve: on}}'
    await t.ask('PUT', '/api/flags', { files: [{ document: basketOfOurs, file: 'till.yaml' }], reason: 'ours' })
    await writeFile(path.join(folder, 'till.json'), JSON.stringify({ version: 2, features: [{ ...basket, name: 'till' }] }))
    for (const dryRun of [true, false])
      await expect(importUnleash.call(context(), flags({ dryRun }), 'till.json')).rejects.toMatchObject({
        code: 'FLAG_NOT_FROM_THERE',
        message: expect.stringContaining('there are flags that did not come from unleash: "till" of till (revision 1, by '),
      })
    // Neither is one that came from elsewhere.
    await writeFile(path.join(folder, 'gb.json'), JSON.stringify({ features: { basket: { defaultValue: true } } }))
    await expect(importGrowthbook.call(context(), flags(), 'gb.json')).rejects.toMatchObject({ code: 'FLAG_NOT_FROM_THERE' })
    await importUnleash.call(context(), flags({ over: true }), 'till.json')
    expect(told.pop()!.imported).toMatchObject([{ flag: 'till', changed: true }])
    await importUnleash.call(context(), flags(), 'till.json')
    expect(told.pop()!.imported).toMatchObject([{ flag: 'till', changed: false }])
  })

  it('are checked by a dry run as they would be, and not published', async () => {
    await importUnleash.call(context(), flags({ skipRefused: true, dryRun: true }), at(unleash))
    expect(told.pop()!.imported).toMatchObject([{ flag: 'basket', changed: false }])
    const wider = { ...basket, strategies: [{ ...rollout, parameters: { ...rollout.parameters, rollout: '90' } }] }
    await writeFile(path.join(folder, 'wider.json'), JSON.stringify({ version: 2, features: [wider] }))
    for (const dryRun of [true, false])
      await expect(importUnleash.call(context(), flags({ dryRun }), 'wider.json')).rejects.toMatchObject({ code: 'FLAG_CHANGED_ELSEWHERE' })
    await importUnleash.call(context(), flags({ dryRun: true, over: true }), 'wider.json')
    expect(told.pop()!.imported).toMatchObject([{ flag: 'basket', changed: true }])
    expect((await standing()).find(({ flag }) => flag === 'basket')).toMatchObject({ latest: { revision: 2 } })
  })

  it('are written into files that say the same of another environment too', async () => {
    await writeFile(
      path.join(folder, 'gb.json'),
      JSON.stringify({ features: { tax: { defaultValue: 1, rules: [{ force: 2, coverage: 0.3, hashVersion: 2 }] } } }),
    )
    const into = { into: 'flags' }
    await importGrowthbook.call(context(), flags(into), 'gb.json')
    await importGrowthbook.call(context(), flags({ ...into, environment: 'staging' }), 'gb.json')
    expect(told.splice(0).map(({ imported }) => imported[0])).toMatchObject([{ changed: true }, { changed: true }])
    await importGrowthbook.call(context(), flags({ ...into, environment: 'staging' }), 'gb.json')
    expect(told.pop()!.imported).toMatchObject([{ flag: 'tax', bucketing: 'growthbook-v2', changed: false }])
    expect(await readdir(path.join(folder, 'flags'))).toEqual(['tax.yaml'])
    const text = await readFile(path.join(folder, 'flags', 'tax.yaml'), 'utf8')
    expect(text).toContain('bucketing: growthbook-v2')
    expect(text.match(/^ {2}(production|staging):$/gm)).toHaveLength(2)
    // A file of somebody's own is theirs.
    await writeFile(path.join(folder, 'flags', 'tax.yaml'), text.slice(text.indexOf('\n') + 1))
    for (const dryRun of [true, false])
      await expect(importGrowthbook.call(context(), flags({ ...into, dryRun }), 'gb.json')).rejects.toMatchObject({
        code: 'FLAG_NOT_FROM_THERE',
      })
  })

  it.each([
    ['a file that is not there', 'none.json', 'FILE_NOT_FOUND'],
    ['an address where nobody is', 'http://127.0.0.1:9/features', 'IMPORT_UNREACHABLE'],
    ['an address that would give the token away', 'http://unleash.example/api/client/features', 'IMPORT_UNSAFE'],
    ['something else', 'gb.json', 'UNLEASH_INVALID'],
  ])('are refused from %s', async (_, source, code) => {
    await writeFile(path.join(folder, 'gb.json'), '{"flags": {}}')
    await expect(importUnleash.call(context(), flags(), source)).rejects.toMatchObject({ code })
  })
})
