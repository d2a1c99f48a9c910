import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { digestOfTree } from '../../flow/candidate/tree.ts'
import { serviceOf, Stage } from '../../flow/environment/contract-stage.ts'
import { definitionOf, fixtureIn } from '../../flow/environment/fixture.ts'
import { unavailable } from '../../kernel/errors.ts'
import { pidsMarked } from '../../kernel/process.ts'
import { detectLimiting } from './program/limits.ts'
import { processRunner } from './program/process-runner.ts'
import type { Runner } from './program/runner.ts'
import { makeHome, type TestHome } from './testing.ts'
import { marks } from './variables.ts'

const away = () => unavailable('ENGINE_UNAVAILABLE', { message: 'no container engine answers' })

/** Runs as processes what should run in containers, so that the engine can go away. */
function engine(homeId: string) {
  const real = processRunner(homeId, digestOfTree, detectLimiting)
  let leaves = Promise.withResolvers<never>()
  let isAway = false
  const runner: Runner = {
    ...real,
    ended: (...asked) => Promise.race([real.ended(...asked), leaves.promise]),
    endOrphans: async (...asked) => (isAway ? Promise.reject(away()) : real.endOrphans(...asked)),
  }
  return {
    runner,
    leave() {
      isAway = true
      leaves.promise.catch(() => {}) // Nobody may wait for it.
      leaves.reject(away())
      leaves = Promise.withResolvers<never>()
    },
    comeBack() {
      isAway = false
    },
  }
}

describe('while the container engine is away', () => {
  let home: TestHome
  let stage: Stage
  let containers: ReturnType<typeof engine>
  beforeAll(async () => {
    home = await makeHome(digestOfTree, (homeId) => {
      containers = engine(homeId)
      return { containers: { runner: containers.runner, problem: undefined } }
    })
    stage = new Stage(home.provider())
  })
  afterEach(() => stage.clear())
  afterAll(() => home.dispose())
  const candidate = (provider: 'docker' | 'process') => {
    const environments = { test: { ...definitionOf().environments['test']!, provider } }
    return fixtureIn(path.join(home.folder, 'candidates')).candidate(provider, { environments })
  }

  it('the server lives on, and goes on watching what it started', async () => {
    await stage.deploy(await candidate('docker'))
    containers.leave()
    containers.comeBack()
    const { pid } = serviceOf(await stage.provider.observe(stage.environment), 'web')
    process.kill(pid!, 'SIGKILL')
    // Not by its process id: for a moment after its end that of the shell around it is seen.
    const again = await stage.eventually(({ services: [one] }) => one?.state === 'ready' && one.restarts > 0)
    expect(serviceOf(again, 'web')).toMatchObject({ restarts: 1 })
  })

  it('an environment of processes is taken down all the same', async () => {
    await stage.deploy(await candidate('process'))
    containers.leave()
    await stage.provider.destroy(stage.environment)
    expect(await pidsMarked(marks.home, home.homeId)).toEqual([])
    expect(await stage.provider.list()).toEqual([])
    containers.comeBack()
  })
})
