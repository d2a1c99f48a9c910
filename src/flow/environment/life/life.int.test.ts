import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manualClock } from '../../../kernel/clock.ts'
import { newId } from '../../../kernel/ids.ts'
import { openTestLedger, type TestLedger } from '../../../ledger/testing.ts'
import type { EnvironmentId, EnvironmentProvider } from '../provider.port.ts'
import { environmentExpiring, environmentExtended, environmentSlept, environmentWoke } from './events.ts'
import { makeLives } from './life.ts'
import { environmentLives } from './projection.ts'
import type { Rest } from './rest.port.ts'

const settings = { provider: 'process', environment: {}, parity: [], seed: {} } as const
const awake: Rest = { asleep: undefined, idleMs: 60_000, settings, reserved: { memoryBytes: 0, cpus: 0 } }

describe('looking at how long environments live', () => {
  let store: TestLedger
  beforeAll(async () => {
    const ownTypes = [environmentExtended, environmentExpiring, environmentSlept, environmentWoke]
    store = await openTestLedger({ projections: [environmentLives], ownTypes })
  })
  afterAll(() => store.close())

  /** Two environments: the first falls asleep, the second comes to its end. */
  function scene(list: () => Promise<readonly EnvironmentId[]>, sleep: () => Promise<void>) {
    const clock = manualClock()
    const rests: Record<EnvironmentId, Rest> = {
      'shop/idle': { ...awake, settings: { ...settings, sleep: { afterMs: 1 } } },
      'shop/ending': awake,
    }
    const rest = { rest: (id: EnvironmentId) => rests[id], sleep, wake: async () => {}, guardWaking() {} }
    const provider = { name: 'process', list, rest } as unknown as EnvironmentProvider
    const lives = makeLives({ ledger: store.ledger, provider, clock, newId, ownerOf: async () => undefined })
    return { clock, lives }
  }
  const both = async (): Promise<readonly EnvironmentId[]> => ['shop/idle', 'shop/ending']

  it('destroys nothing whose life was extended while it looked at others', async () => {
    const destroyed: string[] = []
    const { clock, lives } = scene(both, async () => void (await lives.extend('shop/ending', 3_600_000, 'ada')))
    await lives.extend('shop/ending', 1_000, 'ada')
    clock.forward(2_000)
    await lives.look(
      async (id) => void destroyed.push(id),
      (problem) => expect.fail(problem),
    )
    expect(destroyed).toEqual([])
  })

  it('goes on when it could not be told which environments there are', async () => {
    const said: string[] = []
    const { lives } = scene(
      async () => Promise.reject(new Error('too many open files')),
      async () => {},
    )
    await lives.look(
      async () => {},
      (problem) => said.push(problem),
    )
    expect(said).toEqual(['could not look how long environments live: too many open files'])
  })
})
