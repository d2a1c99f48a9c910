import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../../kernel/clock.ts'
import { messageOf } from '../../../kernel/errors.ts'
import type { NewId } from '../../../kernel/ids.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import type { EnvironmentId } from '../provider.port.ts'
import type { DriftProvider } from './facts.port.ts'
import { makeFiles } from './files.ts'
import { openDrifts } from './on-record.ts'
import type { Spare } from './restore.ts'
import { watchOne, type Watched } from './watch-one.ts'

export type DriftShop = {
  readonly ledger: Ledger
  readonly provider: DriftProvider
  readonly clock: Clock
  readonly newId: NewId
  /** A run is at work in the environment: what it does to the database is meant. */
  isBusy(environment: EnvironmentId): Promise<boolean>
  readonly spare: Spare
  /** Keeps another copy of an artifact, to put its files right from. Safe to repeat. */
  keepSpare(digest: string, folder: string): Promise<void>
  readonly say: (message: string) => void
}

/** Each environment is looked at so often. Two looks make a finding. */
const everyMs = 1_000
/** What the system tells of files is looked at so soon. */
const soonMs = 250

export type DriftWatch = { heal(environment: EnvironmentId): Promise<readonly string[]>; close(): Promise<void> }

/** Looks at every environment that is kept here, again and again, and tells or puts right what is not as it was made. */
export function watchDrift(shop: DriftShop): DriftWatch {
  const over = new AbortController()
  let wake = () => {}
  let soon = false
  const files = makeFiles(() => {
    soon = true
    wake()
  })
  const watched = new Map<EnvironmentId, Watched>()

  async function known(id: EnvironmentId): Promise<Watched> {
    const before = watched.get(id)
    if (before) return before
    const open = (await openDrifts(shop.ledger)).get(id) ?? []
    const one = watchOne(shop, files, id, open, over.signal)
    watched.set(id, one)
    return one
  }

  async function round(): Promise<void> {
    const ids = await shop.provider.list()
    for (const [id, one] of watched) {
      if (ids.includes(id)) continue
      await one.gone()
      watched.delete(id)
    }
    const looks = await Promise.all(ids.map(async (id) => (await known(id)).look()))
    files.keepOnly(new Set(looks.flat()))
  }

  async function pause(): Promise<void> {
    const woken = new Promise<void>((resolve) => (wake = resolve))
    const timer = new AbortController()
    const waited = sleep(everyMs, undefined, { signal: AbortSignal.any([timer.signal, over.signal]), ref: false }).catch(() => {})
    await (soon ? undefined : Promise.race([waited, woken]))
    timer.abort()
    if (soon) await sleep(soonMs, undefined, { signal: over.signal, ref: false }).catch(() => {})
    soon = false
  }

  async function work(): Promise<void> {
    while (!over.signal.aborted) {
      await round().catch((error: unknown) => {
        if (!over.signal.aborted) shop.say(`could not look for drift: ${messageOf(error)}`)
      })
      await pause()
    }
  }

  const working = work()
  return {
    async heal(id) {
      return (await known(id)).heal()
    },
    async close() {
      over.abort()
      wake()
      await working
      await Promise.all([...watched.values()].map((one) => one.settled()))
      files.close()
    },
  }
}
