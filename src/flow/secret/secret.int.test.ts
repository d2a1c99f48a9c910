import { execFile } from 'node:child_process'
import { chmod, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formsOf } from '../../kernel/scanning/forms.ts'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import type { AnyEventType } from '../../ledger/event.ts'
import type { EnvironmentView } from '../environment/schemas.ts'
import { secretLeaked, secretSet } from './events.ts'

/** Tells what it is asked, and whatever it knows to its log. */
const app = `import { createServer } from 'node:http'
import { readFileSync, statSync } from 'node:fs'
const file = process.env.STRIPE_KEY_FILE
const key = readFileSync(file, 'utf8')
console.log('in a line: ' + key + ', in JSON: ' + JSON.stringify({ key }) + ', in a header: ' + Buffer.from('user:' + key).toString('base64'))
process.stdout.write(key.slice(0, 5))
setTimeout(() => console.error(key.slice(5)), 20)
const told = { length: key.length, mode: (statSync(file).mode & 0o777).toString(8), file, token: process.env.TOKEN?.length }
createServer((_, response) => response.end(JSON.stringify(told))).listen(Number(process.env.PORT), '127.0.0.1')
`
const check = `import { readFileSync, writeFileSync } from 'node:fs'
const key = readFileSync(process.env.STRIPE_KEY_FILE, 'utf8')
console.log('checked with ' + key)
const message = 'expected ' + key + ' & ' + encodeURIComponent(key)
writeFileSync('junit.xml', '<testsuite tests="1" failures="1"><testcase name="pays"><failure message="' + message.replaceAll('&', '&amp;') + '"/></testcase></testsuite>')
process.exit(1)
`

const first = 'sk/live+51Hq&"tricky" value'
const second = 'sk_live_another-value-of-it'
const token = 'tok-0123456789abcdef'

const definition = (smoke: readonly string[]) => ({
  name: 'shop',
  secrets: { 'stripe-key': { external: true }, token: null },
  services: {
    web: {
      ports: ['3000'],
      secrets: ['stripe-key', { source: 'token', 'x-variable': 'TOKEN' }],
      healthcheck: { 'x-http': '/', interval: '50ms' },
      'x-run': { command: ['node', 'app.mjs'] },
    },
  },
  'x-threeways': {
    version: 1,
    artifact: {
      build: [['sh', '-c', 'printenv NPM_TOKEN; ps -eo args > ps.txt']],
      pack: ['app.mjs'],
      secrets: [{ source: 'token', 'x-variable': 'NPM_TOKEN' }],
    },
    environments: { production: {} },
    checks: { pays: { run: ['node', 'check.mjs'], in: 'environment', report: 'junit.xml', secrets: ['stripe-key'] } },
    pipeline: { stages: [{ name: 'production', environment: 'production', smoke, rollback: { automatic: false } }] },
  },
})

describe('a secret', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
    for (const [name, text] of [
      ['app.mjs', app],
      ['check.mjs', check],
    ] as const)
      await writeFile(path.join(t.author.folder, name), text)
    await commit([])
  })
  afterAll(() => t.close())

  const commit = async (smoke: readonly string[]) => {
    await writeFile(path.join(t.author.folder, 'threeways.yaml'), JSON.stringify(definition(smoke), null, 2))
    await t.author.commit('Use a key')
  }
  const set = (name: string, value: string, more: object = {}) => t.ask('PUT', '/api/secrets', { stream: 'shop', name, value, ...more })
  const environment = async () => {
    const { environments } = (await t.ask('GET', '/api/environments')).body as { environments: EnvironmentView[] }
    return environments[0]!
  }
  const told = async () => (await fetch((await environment()).urls['web']!)).json() as Promise<Record<string, unknown>>
  const events = async ({ type }: AnyEventType) =>
    (await t.threeways.ledger.read({ types: [type] })).map(({ event }) => event.data.subject.content as Record<string, unknown>)

  it('that a build needs and nobody has given refuses the delivery, at its place of the file', async () => {
    const { status, body } = await t.ask('POST', '/api/deliveries', {})
    expect([status, body]).toMatchObject([422, { code: 'SECRET_MISSING', help: expect.stringContaining('threeways secret set token') }])
    expect((body as { faults: object[] }).faults).toMatchObject([
      { file: 'threeways.yaml', line: 47, path: '/x-threeways/artifact/secrets/0' },
    ])
  })

  it('is refused when it is too short to be found in a log, and when somebody may not set it', async () => {
    expect(await set('token', 'a')).toMatchObject({ status: 400, body: { code: 'SECRET_VALUE' } })
    const { status, body } = await t.ask('PUT', '/api/secrets', { stream: 'shop', name: 'token', value: token }, null)
    expect([status, JSON.stringify(body).includes(token)]).toEqual([401, false])
  })

  it('that a stage needs keeps the candidate out of it, at its place of the file, until somebody sets it', async () => {
    expect(await set('token', token)).toMatchObject({ status: 200, body: { version: 1, environment: null } })
    const { id } = await t.deliver()
    const waits = await t.until(id, ({ state }) => state === 'waiting')
    expect(waits.steps.find(({ name }) => name === 'production/promote')?.waiting).toMatchObject({
      kind: 'secret',
      why: 'secret "stripe-key" has no value for production, and threeways.yaml:15:9 needs it',
      for: 'somebody who has it: threeways secret set stripe-key --environment production',
    })
    expect(await set('stripe-key', first, { environment: 'production' })).toMatchObject({ body: { version: 1, environment: 'production' } })
    expect(await t.ended(id)).toMatchObject({ state: 'succeeded' })
    expect(await told()).toMatchObject({ length: first.length, mode: '400', token: token.length })
  })

  it('that changes is known to be older where it runs, until that is applied anew; the candidate stays the same', async () => {
    const { traffic } = await environment()
    await set('stripe-key', second, { environment: 'production' })
    expect((await environment()).services[0]!.secrets).toContainEqual({ name: 'stripe-key', version: 1, latest: 2 })
    const applied = await t.ask('POST', '/api/environments/apply?name=production')
    expect(applied).toMatchObject({ status: 200, body: { traffic } })
    expect((await environment()).services[0]!.secrets).toContainEqual({ name: 'stripe-key', version: 2, latest: 2 })
    expect(await told()).toMatchObject({ length: second.length })
    expect((await events(secretSet)).map(({ secret, version }) => [secret, version])).toEqual([
      ['token', 1],
      ['stripe-key', 1],
      ['stripe-key', 2],
    ])
  })

  it('is found on its way into logs, and who wrote the program is told', async () => {
    await commit(['pays'])
    const { id } = await t.deliver()
    expect(await t.ended(id)).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('expected ***stripe-key*** & ***stripe-key***'),
    })
    while ((await events(secretLeaked)).length < 5) await sleep(50)
    const leaks = (await events(secretLeaked)).map(({ kind, program, secret }) => [kind, program, secret].join(' '))
    const build = 'build sh -c printenv NPM_TOKEN; ps -eo args > ps.txt token'
    expect(new Set(leaks)).toEqual(new Set([build, 'service web stripe-key', 'check pays stripe-key']))
    expect((await events(secretLeaked)).at(-1)).toMatchObject({
      author: 'Ada Lovelace',
      stream: 'shop',
      candidate: expect.stringMatching(/^sha256:/),
    })
  })

  it('stands nowhere but in the file that its program was given, and goes with it', async () => {
    const { file } = (await told()) as { file: string }
    const forms = [first, second, token].flatMap((value) => formsOf(Buffer.from(value)))
    const places = new Map<string, Buffer>()
    for (const folder of [t.home.folder, t.home.work]) for (const each of await filesIn(folder)) places.set(each, await readFile(each))
    for (const api of ['secrets', 'environments', 'runs?limit=50', 'streams/shop', 'events?limit=1000', 'inbox', 'estate']) {
      places.set(api, Buffer.from(JSON.stringify((await t.ask('GET', `/api/${api}`)).body)))
    }
    const { rows } = await sql<{
      name: string
    }>`select table_schema || '.' || quote_ident(table_name) as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`.execute(
      t.threeways.ledger.db,
    )
    for (const { name } of rows) {
      const { rows: all } = await sql<{ text: string }>`select string_agg(t::text, chr(10)) as text from ${sql.raw(name)} t`.execute(
        t.threeways.ledger.db,
      )
      places.set(name, Buffer.from(all[0]!.text ?? ''))
    }
    places.set('ps', Buffer.from((await promisify(execFile)('ps', ['-eo', 'args'])).stdout))
    const found = [...places].filter(([, content]) => forms.some((form) => content.includes(form))).map(([name]) => name)
    expect(found).toEqual([file])
    expect([...places.values()].some((content) => content.includes('***stripe-key***'))).toBe(true)
    await t.threeways.workshop.provider.destroy('shop/production')
    expect(await stat(file).catch(() => 'gone')).toBe('gone')
  })

  it('cannot be had with another key, without one, with one that others may read, or from the row of another', async () => {
    const { secrets } = t.threeways.workshop
    const file = path.join(t.home.folder, 'secret-key')
    const [kept, db] = [`${file}.lock-kept`, t.threeways.ledger.db]
    const values = () => secrets.values('shop', 'production', ['stripe-key'])
    await rename(file, kept)
    await expect(values()).rejects.toMatchObject({ code: 'SECRET_KEY_MISSING' })
    expect(await set('token', token)).toMatchObject({ status: 503, body: { code: 'SECRET_KEY_MISSING' } })
    await writeFile(file, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 })
    await expect(values()).rejects.toMatchObject({ code: 'SECRET_KEY_WRONG' })
    await rename(kept, file)
    await chmod(file, 0o644)
    await expect(values()).rejects.toMatchObject({ code: 'SECRET_KEY_UNREADABLE' })
    await chmod(file, 0o600)
    await sql`update secret set sealed = (select sealed from secret where name = 'token') where name = 'stripe-key' and version = 2`.execute(
      db,
    )
    await expect(values()).rejects.toMatchObject({ code: 'SECRET_DAMAGED' })
  })

  it('is sealed anew when the key is changed, and gone when it is removed', async () => {
    await set('stripe-key', second, { environment: 'production' })
    await sql`update secret set sealed = null where version = 2`.execute(t.threeways.ledger.db)
    const file = path.join(t.home.folder, 'secret-key')
    const before = await readFile(file, 'utf8')
    expect(await t.ask('POST', '/api/secrets/rotate-key', { reason: 'somebody left' })).toMatchObject({ status: 200, body: { secrets: 2 } })
    expect(await readFile(file, 'utf8')).not.toBe(before)
    const { secrets } = t.threeways.workshop
    expect((await secrets.values('shop', 'production', ['stripe-key'])).get('stripe-key')?.value.toString()).toBe(second)
    expect(await t.ask('DELETE', '/api/secrets?stream=shop&name=stripe-key&environment=production')).toMatchObject({ status: 200 })
    await expect(secrets.values('shop', 'production', ['stripe-key'])).rejects.toMatchObject({ code: 'SECRET_MISSING' })
    expect(((await t.ask('GET', '/api/secrets')).body as { secrets: { name: string }[] }).secrets.map(({ name }) => name)).toEqual([
      'token',
    ])
  })
})

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
}
