import { describe, expect, it } from 'vitest'
import { darkStage } from '../testing/dark-stage.ts'
import type { Rehearsals } from './record.ts'
import { NotNow, type Task } from './task.ts'

const never = (): Promise<never> => new Promise(() => undefined)

describe('what rehearsals may cost', () => {
  it('so many in a second', async () => {
    const { rehearse, time, dark } = darkStage({ perSecond: 10 })
    for (let n = 0; n < 1_000; n++) {
      rehearse({ control: () => 1, candidate: () => 1 })
      await time.pass(10)
    }
    const [{ candidate, dropped }] = dark.take() as [Rehearsals]
    expect(candidate.compared).toBeGreaterThanOrEqual(99)
    expect(candidate.compared).toBeLessThanOrEqual(102)
    expect(candidate.compared + dropped.rate).toBe(1_000)
  })

  it('so many at once', async () => {
    const { rehearse, result } = darkStage({ concurrent: 2 })
    for (let n = 0; n < 5; n++) rehearse({ control: () => 1, candidate: never })
    expect(await result()).toMatchObject({ dropped: { concurrency: 3 } })
  })

  it('so much of the processor: what is overdrawn is made good first', async () => {
    const { rehearse, time, dark } = darkStage({ cpuMsPerSecond: 100 })
    const busy = ({ spent }: Task): void => spent(500)
    for (let n = 0; n < 1_000; n++) {
      rehearse({ control: () => 1, candidate: busy })
      await time.pass(100)
    }
    const { compared } = dark.take()[0]!.candidate
    expect(compared * 500).toBeLessThanOrEqual(100 * 100 * 1.06)
    expect(compared).toBeGreaterThan(15)
  })

  it('nothing for a while when half of them fail, without asking anybody', async () => {
    const { rehearse, time, dark, seen } = darkStage({ perSecond: 1_000 })
    const failing = () => {
      seen.push('tried')
      throw new Error('broken')
    }
    const round = async (): Promise<number> => {
      seen.length = 0
      for (let n = 0; n < 100; n++) {
        rehearse({ control: () => 1, candidate: failing })
        await time.pass(1)
      }
      return seen.length
    }
    expect([await round(), await round()]).toEqual([20, 0])
    await time.pass(10_000)
    expect(await round()).toBe(1)
    await time.pass(10_000)
    expect(await round()).toBe(0)
    await time.pass(10_000)
    expect(await round()).toBe(1)
    expect(dark.take()[0]!.dropped.breaker).toBe(478)
  })

  it('does not count what could not be had', async () => {
    const { rehearse, result } = darkStage()
    rehearse({
      control: () => 1,
      candidate: () => {
        throw new NotNow('busy')
      },
    })
    expect(await result()).toMatchObject({ candidate: { compared: 0, failed: 0 }, dropped: { concurrency: 1 } })
  })
})
