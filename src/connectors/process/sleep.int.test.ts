import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOfTree } from '../../flow/candidate/tree.ts'
import { ask, Stage } from '../../flow/environment/contract-stage.ts'
import { backgroundWorker, fixtureIn, web } from '../../flow/environment/fixture.ts'
import { pidsMarked } from '../../kernel/process.ts'
import { makeHome, type TestHome } from './testing.ts'
import { marks } from './variables.ts'

describe('an environment that sleeps', () => {
  let home: TestHome
  let stage: Stage
  beforeAll(async () => {
    home = await makeHome(digestOfTree)
    stage = new Stage(home.provider())
  })
  afterAll(() => home.dispose())

  it('has no process, keeps its address, and wakes for the first request, also for the next server', async () => {
    const desired = await fixtureIn(`${home.folder}/candidates`).candidate('1', { services: { web, worker: backgroundWorker } })
    const before = await stage.deploy(desired)
    const { environment } = stage
    const rest = stage.provider.rest!
    expect(rest.rest(environment)!.idleMs).toBeGreaterThanOrEqual(0)
    const slow = fetch(`${before.urls['web']}/slow?ms=300`)
    while (rest.rest(environment)!.idleMs !== undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    await rest.sleep(environment)
    expect(await (await slow).text()).toBe('began ended')
    expect(await pidsMarked(marks.home, home.homeId)).toEqual([])
    expect(await stage.provider.observe(environment)).toMatchObject({ asleep: expect.any(String), untilWoken: false })
    await stage.provider.close('leave')
    stage.provider = home.provider()
    await stage.provider.recover()
    expect(await pidsMarked(marks.home, home.homeId)).toEqual([])
    const observed = await stage.provider.observe(environment)
    expect(observed.urls).toEqual(before.urls)
    const answers = await Promise.all([ask(observed), ask(observed), ask(observed)])
    expect(answers.map(({ version }) => version)).toEqual(['1', '1', '1'])
    expect(new Set(answers.map(({ self }) => self)).size).toBe(1)
    const after = await stage.provider.observe(environment)
    expect(after.asleep).toBeUndefined()
    expect(after.services.map(({ state }) => state)).toEqual(['ready', 'ready'])
  })

  it('is woken by no request when it is to sleep until somebody wakes it, also by the next server', async () => {
    const observed = await stage.provider.observe(stage.environment)
    await stage.provider.rest!.sleep(stage.environment, true)
    await stage.provider.close('leave')
    stage.provider = home.provider()
    await stage.provider.recover()
    expect(await stage.provider.observe(stage.environment)).toMatchObject({ asleep: expect.any(String), untilWoken: true })
    const refused = await fetch(observed.urls['web']!)
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('no request wakes it')])
    await stage.provider.rest!.wake(stage.environment)
    expect((await ask(observed)).version).toBe('1')
    await stage.provider.rest!.sleep(stage.environment)
    expect((await ask(observed)).version).toBe('1')
  })

  it('is woken by a deployment', async () => {
    const fixture = fixtureIn(`${home.folder}/candidates`)
    await stage.provider.rest!.sleep(stage.environment)
    const next = await fixture.candidate('2')
    expect((await ask(await stage.bring(stage.target([next], next)))).version).toBe('2')
  })
})
