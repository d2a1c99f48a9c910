import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pidsMarked } from '../../kernel/process.ts'
import { event } from '../../ledger/event.ts'
import { environmentDrifted } from '../environment/drift/events.ts'
import { openTestThreeways, statesOf, type TestThreeways } from '../../server/testing.ts'

type Line = { checks?: Record<string, object>; stages: object[]; build?: unknown[]; artifact?: object }

/** A definition without services: what a line does with checks alone. */
const definition = ({ checks = {}, stages, build = ['true'], artifact = {} }: Line): string =>
  JSON.stringify({
    name: 'shop',
    services: { web: { 'x-run': { command: ['sleep', '600'] } } },
    'x-threeways': { version: 1, artifact: { build, pack: ['app'], ...artifact }, environments: { lab: {} }, checks, pipeline: { stages } },
  })

describe('a commit walks the line', () => {
  let t: TestThreeways
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(() => t.close())

  async function commit(line: Line, message = 'Change something', files: Record<string, string> = {}) {
    await t.author.write({ 'threeways.yaml': definition(line), app: 'the app', ...files })
    return t.author.commit(message)
  }

  it('from the build through every stage, in order', async () => {
    await commit({
      checks: { quick: { run: ['test', '-f', 'app'] } },
      stages: [
        { name: 'dev', checks: ['quick'] },
        { name: 'production', after: ['dev'], checks: ['quick'] },
      ],
    })
    const run = await t.ended((await t.deliver()).id)
    expect(run).toMatchObject({ state: 'succeeded', author: 'Ada Lovelace', candidate: expect.stringMatching(/^sha256:/) })
    expect(new Set(Object.values(statesOf(run)))).toEqual(new Set(['succeeded']))
    const story = (await t.ask('GET', `/api/candidates/${run.candidate}`)).body as { events: { sentence: string }[] }
    const told = story.events.map(({ sentence }) => sentence)
    expect(told.indexOf('it is verified in dev')).toBeGreaterThan(0)
    expect(told.indexOf('it is verified in production')).toBeGreaterThan(told.indexOf('it is verified in dev'))
  })

  it.runIf(process.platform === 'linux')('ends what its steps have left in the background when it is over', async () => {
    const leave = 'setsid setsid sleep 600 > /dev/null 2>&1 & (trap "" TERM; sleep 600) & true'
    await commit({
      build: [['sh', '-c', leave]],
      checks: { quick: { run: ['sh', '-c', leave] } },
      stages: [{ name: 'dev', checks: ['quick'] }],
    })
    const run = await t.ended((await t.deliver()).id)
    expect(run.state).toBe('succeeded')
    await expect.poll(() => pidsMarked('THREEWAYS_RUN', run.id)).toEqual([])
  })

  it('keeps what a check wrote whatever bytes it was', async () => {
    const garbage = `printf '\\000\\033[31mred\\377\\303'; exit 9`
    await commit({ checks: { quick: { run: ['sh', '-c', garbage] } }, stages: [{ name: 'dev', checks: ['quick'] }] })
    const run = await t.ended((await t.deliver()).id)
    expect(run.steps.find(({ name }) => name === 'dev/check/quick')?.message).toBe('\uFFFDred\uFFFD\uFFFD (exit code 9)')
    const log = await t.threeways.app.request(`/api/runs/${run.id}/log?step=dev/check/quick`, {
      headers: { authorization: `Bearer ${t.threeways.adminToken}` },
    })
    expect(log.headers.get('x-complete')).toBe('true')
  })

  it('never builds the dirty work tree, and says what it left out', async () => {
    await commit({ build: [['sh', '-c', 'cat app > built']], artifact: { pack: ['built'] }, stages: [{ name: 'dev' }] })
    await t.author.write({ app: 'uncommitted' })
    const { body } = await t.ask('POST', '/api/deliveries', {})
    expect(body).toMatchObject({ leftOut: ['app'] })
    const run = await t.ended((body as { run: { id: string } }).run.id)
    expect(await readFile(path.join(t.home.work, 'runs', run.id, 'first', 'source', 'built'), 'utf8')).toBe('the app')
  })

  it('stops at the first stage that fails, and says which test failed', async () => {
    const report =
      '<testsuite tests="2" failures="1"><testcase name="adds"/><testcase name="subtracts"><failure message="1 is not 2"/></testcase></testsuite>'
    await commit(
      {
        checks: { unit: { run: ['sh', '-c', 'cp report junit.xml; exit 1'], report: 'junit.xml' } },
        stages: [
          { name: 'dev', checks: ['unit'] },
          { name: 'production', after: ['dev'] },
        ],
      },
      'Break it',
      { report },
    )
    const run = await t.ended((await t.deliver()).id)
    expect(run.state).toBe('failed')
    expect(statesOf(run)).toMatchObject({ 'dev/check/unit': 'failed', 'dev/conclude': 'failed', 'production/promote': 'skipped' })
    expect(run.steps.find(({ name }) => name === 'dev/check/unit')).toMatchObject({
      message: expect.stringContaining('1 of 2 tests failed: subtracts: 1 is not 2'),
      tests: { total: 2, failed: 1, failures: [{ name: 'subtracts' }] },
    })
  })

  it('says of a check that its environment drifted while it ran', async () => {
    const [here, go] = [path.join(t.home.folder, 'here'), path.join(t.home.folder, 'go')]
    const slow = { run: ['sh', '-c', `touch "${here}"; until [ -f "${go}" ]; do sleep 0.02; done`] }
    await commit({
      checks: { slow, quick: { run: ['true'] } },
      stages: [
        { name: 'dev', environment: 'lab', checks: ['slow'] },
        { name: 'test', after: ['dev'], checks: ['quick'] },
      ],
    })
    const { id } = await t.deliver()
    await expect.poll(() => existsSync(here), { timeout: 20_000 }).toBe(true)
    const { ledger, workshop } = t.threeways
    const envelope = { id: workshop.newId(), time: workshop.clock.instant(), source: '/test', subject: 'shop/lab' }
    const about = { stream: 'shop', kind: 'variables', about: 'web', expected: 'one', observed: 'another' }
    await ledger.append([event(environmentDrifted, envelope, { ...about, response: 'alert', reason: '' })])
    await writeFile(go, '')
    const { steps } = await t.ended(id)
    const of = (wanted: string) => steps.find(({ name }) => name === wanted)!
    expect(of('dev/check/slow')).toMatchObject({ state: 'succeeded', drifted: ['variables web'] })
    expect(of('test/check/quick')).toMatchObject({ state: 'succeeded', drifted: [] })
  })

  it('does not believe a check that promised a report and left none', async () => {
    await commit({ checks: { unit: { run: ['true'], report: 'junit.xml' } }, stages: [{ name: 'dev', checks: ['unit'] }] })
    const run = await t.ended((await t.deliver()).id)
    expect(run.steps.find(({ name }) => name === 'dev/check/unit')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('junit.xml'),
    })
  })

  it('runs the checks of a stage beside each other', async () => {
    // Each waits for the other's sign of life.
    const meet = (mine: string, other: string) => ({
      run: ['sh', '-c', `touch ${mine}; for i in $$(seq 200); do test -f ${other} && exit 0; sleep 0.05; done; exit 1`],
    })
    await commit({ checks: { one: meet('a', 'b'), two: meet('b', 'a') }, stages: [{ name: 'dev', checks: ['one', 'two'] }] })
    expect((await t.ended((await t.deliver()).id)).state).toBe('succeeded')
  })

  it('kills a check that takes too long, with everything it started', async () => {
    await commit({
      checks: { slow: { run: ['sh', '-c', 'sleep 61 & sleep 62'], timeout: '200ms' } },
      stages: [{ name: 'dev', checks: ['slow'] }],
    })
    const run = await t.ended((await t.deliver()).id)
    expect(run.steps.find(({ name }) => name === 'dev/check/slow')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('did not end within 0.2 s'),
    })
  })

  it('tries a failed check again as often as it says, and says that it waits for it', async () => {
    await commit({
      checks: { flaky: { run: ['sh', '-c', 'test -f tried || { touch tried; exit 1; }'], retries: 1 } },
      stages: [{ name: 'dev', checks: ['flaky'] }],
    })
    const { id } = await t.deliver()
    const waiting = await t.until(id, ({ steps }) => steps.some(({ waiting }) => waiting?.kind === 'retry'))
    expect(waiting.steps.find(({ waiting: it }) => it !== null)?.waiting).toMatchObject({
      why: expect.stringContaining('try 1 of 2 failed'),
      for: '1 s to pass',
    })
    const run = await t.ended(id)
    expect(run.state).toBe('succeeded')
    expect(run.steps.find(({ name }) => name === 'dev/check/flaky')?.attempt).toBe(2)
  })

  it('waits for a person where a stage is not automatic, and says so', async () => {
    await commit({ stages: [{ name: 'dev' }, { name: 'production', after: ['dev'], auto: false }] })
    const { id } = await t.deliver()
    const run = await t.until(id, ({ state }) => state === 'waiting')
    expect(run.steps.find(({ name }) => name === 'production/promote')?.waiting).toMatchObject({
      kind: 'approval',
      why: 'production is entered only when a person says so',
      for: `a person: threeways approve ${id} production`,
    })
    await t.ask('POST', `/api/runs/${id}/stages/production/promote`, { reason: 'looked at it' })
    expect((await t.ended(id)).state).toBe('succeeded')
  })

  it('cancels what works and what waits', async () => {
    await commit({
      checks: { slow: { run: ['sleep', '63'] } },
      stages: [
        { name: 'dev', checks: ['slow'] },
        { name: 'production', after: ['dev'] },
      ],
    })
    const { id } = await t.deliver()
    await t.until(id, (run) => statesOf(run)['dev/check/slow'] === 'running')
    await t.ask('POST', `/api/runs/${id}/cancel`, { reason: 'not now' })
    const run = await t.ended(id)
    expect(run.state).toBe('cancelled')
    expect(statesOf(run)).toMatchObject({ 'dev/check/slow': 'cancelled', 'production/promote': 'skipped' })
    expect((await t.stream()).line.status).toBe('open')
  })

  it('runs again from a step with the same candidate', async () => {
    await commit({ checks: { once: { run: ['sh', '-c', 'test -f fixed-outside'] } }, stages: [{ name: 'dev', checks: ['once'] }] })
    const failed = await t.ended((await t.deliver()).id)
    expect(failed.state).toBe('failed')
    await commit({ stages: [{ name: 'dev' }] }, 'Something newer')
    await writeFile(path.join(t.home.work, 'runs', failed.id, 'first', 'source', 'fixed-outside'), '')
    await t.ask('POST', `/api/runs/${failed.id}/rerun`, { from: 'dev/check/once' })
    const run = await t.ended(failed.id)
    expect(run).toMatchObject({ state: 'succeeded', candidate: failed.candidate, commit: failed.commit })
    expect(run.steps.find(({ name }) => name === 'candidate')?.attempt).toBe(1)
  })

  it('goes on after a restart, and repeats a lost check only if it may', async () => {
    const check = (idempotent: boolean) => ({ run: ['sh', '-c', `test -f go && exit 0; touch begun-${idempotent}; sleep 64`], idempotent })
    await commit({ checks: { safe: check(true), unsafe: check(false) }, stages: [{ name: 'dev', checks: ['safe', 'unsafe'] }] })
    const { id } = await t.deliver()
    const source = path.join(t.home.work, 'runs', id, 'first', 'source')
    await t.until(id, () => ['begun-true', 'begun-false'].every((sign) => existsSync(path.join(source, sign))))
    await writeFile(path.join(source, 'go'), '')
    await t.restart()
    const run = await t.until(id, ({ state }) => state === 'needs-attention')
    expect(statesOf(run)).toMatchObject({ 'dev/check/safe': 'succeeded', 'dev/check/unsafe': 'needs-attention' })
    expect(run.steps.find(({ name }) => name === 'dev/check/unsafe')?.waiting).toMatchObject({
      kind: 'attention',
      why: expect.stringContaining('vanished'),
    })
    await t.ask('POST', `/api/runs/${id}/rerun`, { from: 'dev/check/unsafe' })
    expect((await t.ended(id)).state).toBe('succeeded')
  })

  it('lets one delivery at a time into a stage, and never an older change after a newer one', async () => {
    const hold = ['sh', '-c', 'for i in $$(seq 1600); do test -f go && exit 0; sleep 0.05; done']
    const goOn = ({ id }: { readonly id: string }) => writeFile(path.join(t.home.work, 'runs', id, 'first', 'source', 'go'), '')
    const line: Line = { checks: { hold: { run: hold } }, stages: [{ name: 'dev', checks: ['hold'] }] }
    await commit(line, 'First')
    const first = await t.deliver()
    await t.until(first.id, (run) => statesOf(run)['dev/check/hold'] === 'running')
    await commit({ ...line, build: [hold] }, 'Second, slow to build')
    const second = await t.deliver()
    await commit(line, 'Third')
    const third = await t.deliver()
    const waiting = await t.until(third.id, ({ state }) => state === 'waiting')
    expect(waiting.steps.find(({ name }) => name === 'dev/promote')?.waiting).toMatchObject({
      kind: 'slot',
      why: expect.stringContaining('"First" is in dev'),
    })
    for (const one of [first, third]) await goOn(one)
    expect((await t.ended(first.id)).state).toBe('succeeded')
    expect((await t.ended(third.id)).state).toBe('succeeded')
    await goOn(second)
    expect(await t.ended(second.id)).toMatchObject({ state: 'cancelled', message: expect.stringContaining('superseded') })
  })

  it('refuses to deliver what it cannot, before anything is done', async () => {
    expect((await t.ask('POST', '/api/deliveries', {})).body).toMatchObject({ code: 'REPOSITORY_EMPTY' })
    await t.author.write({ app: 'the app' })
    await t.author.commit('No definition')
    expect((await t.ask('POST', '/api/deliveries', {})).body).toMatchObject({
      code: 'DEFINITION_MISSING',
      help: expect.stringContaining('threeways init'),
    })
    await t.author.write({ 'threeways.yaml': 'name: shop\n\tservices: {}\n' })
    await t.author.commit('A tab')
    const { status, body } = await t.ask('POST', '/api/deliveries', {})
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'DEFINITION_INVALID', faults: [{ file: 'threeways.yaml', line: 2 }] })
    expect((await t.ask('GET', '/api/streams')).body).toEqual({ streams: [] })
  })

  it('shows which files differ when a build that must be reproducible is not', async () => {
    await commit({
      build: [['sh', '-c', 'date +%N > app; cat /proc/sys/kernel/random/uuid >> app']],
      artifact: { reproducible: 'required' },
      stages: [{ name: 'dev' }],
    })
    const run = await t.ended((await t.deliver()).id)
    expect(run).toMatchObject({ state: 'failed', message: expect.stringContaining('"app" from byte') })
    expect(run.candidate).toBeNull()
  })
})
