import { setTimeout as pause } from 'node:timers/promises'
import { instantOf, type Clock } from '../../../kernel/clock.ts'
import { messageOf, refused } from '../../../kernel/errors.ts'
import type { NewId } from '../../../kernel/ids.ts'
import { event } from '../../../ledger/event.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import type { EnvironmentId, EnvironmentProvider } from '../provider.port.ts'
import { environmentExpiring, environmentExtended, environmentSlept, environmentWoke } from './events.ts'
import { dueOf, type Life } from './policy.ts'
import { environmentLives } from './projection.ts'
import type { RestProvider } from './rest.port.ts'

const source = '/threeways/environments'
const everyMs = 2_000

export type LifeShop = {
  readonly ledger: Ledger
  readonly provider: EnvironmentProvider
  readonly clock: Clock
  readonly newId: NewId
  ownerOf(environment: EnvironmentId): Promise<string | undefined>
}

/** Destroys an environment, and says so. */
type Down = (id: EnvironmentId) => Promise<void>

export type Lives = ReturnType<typeof makeLives>

/** How long environments live, and when they sleep. */
export function makeLives({ ledger, provider, clock, newId, ownerOf }: LifeShop) {
  const envelope = (id: EnvironmentId) => ({ id: newId(), time: clock.instant(), source, subject: id })
  const streamOf = (id: EnvironmentId) => id.split('/')[0]!

  function resting(): RestProvider {
    if (provider.rest) return provider.rest
    throw refused('SLEEP_UNSUPPORTED', { message: `environments of provider "${provider.name}" cannot sleep` })
  }

  async function all(): Promise<ReadonlyMap<string, Life>> {
    const rows = await rowsOf(ledger.db, environmentLives).selectAll().execute()
    return new Map(rows.map((row) => [row.id, row]))
  }

  async function lookAt(id: EnvironmentId, life: Life | undefined, down: Down): Promise<void> {
    const rest = provider.rest?.rest(id)
    if (rest === undefined) return
    const isStages = (await ownerOf(id)) !== undefined
    const due = dueOf(life, rest, isStages, clock.now())
    const stream = streamOf(id)
    // Others took their time since the lives were read, and somebody may have extended this one.
    if (due.kind === 'down' && dueOf((await all()).get(id), rest, isStages, clock.now()).kind === 'down') await down(id)
    if (due.kind === 'warn') await ledger.append([event(environmentExpiring, envelope(id), { stream, until: due.until })])
    if (due.kind === 'told-awake') await ledger.append([event(environmentWoke, envelope(id), { stream, why: 'request' })])
    if (due.kind === 'sleep') {
      await resting().sleep(id)
      await ledger.append([event(environmentSlept, envelope(id), { stream, why: 'idle' })])
    }
  }

  /** Looks once at every environment kept here. Without the ledger nothing is done that it could not be told of. */
  async function look(down: Down, say: (message: string) => void): Promise<void> {
    try {
      const lives = await all()
      for (const id of await provider.list())
        await lookAt(id, lives.get(id), down).catch((error: unknown) => say(`life of environment "${id}": ${messageOf(error)}`))
    } catch (error) {
      say(`could not look how long environments live: ${messageOf(error)}`)
    }
  }

  return {
    all,
    look,

    /** @param ttlMs - from now; undefined: until somebody destroys it. @throws ThreewaysError `ENVIRONMENT_OWNED` */
    async extend(id: EnvironmentId, ttlMs: number | undefined, by: string): Promise<string | null> {
      const stage = await ownerOf(id)
      if (stage !== undefined)
        throw refused('ENVIRONMENT_OWNED', { message: `${id} is the environment of stage ${stage}: it lives as long as the stage` })
      const until = ttlMs === undefined ? '' : instantOf(clock.now() + ttlMs)
      await ledger.append([event(environmentExtended, envelope(id), { stream: streamOf(id), until, by })])
      return until || null
    },

    /** @param untilWoken - no request wakes it */
    async sleep(id: EnvironmentId, by: string, untilWoken: boolean): Promise<void> {
      const isAsleep = resting().rest(id)?.asleep !== undefined
      await resting().sleep(id, untilWoken)
      if (!isAsleep) await ledger.append([event(environmentSlept, envelope(id), { stream: streamOf(id), why: 'asked', by })])
    },

    async wake(id: EnvironmentId, by: string): Promise<void> {
      const isAsleep = resting().rest(id)?.asleep !== undefined
      await resting().wake(id)
      if (isAsleep) await ledger.append([event(environmentWoke, envelope(id), { stream: streamOf(id), why: 'asked', by })])
    },

    /** Looks again and again, until it is closed. */
    keep(down: Down, say: (message: string) => void): { close(): Promise<void> } {
      const over = new AbortController()
      const work = async () => {
        while (!over.signal.aborted) {
          await pause(everyMs, undefined, { signal: over.signal, ref: false }).catch(() => {})
          if (!over.signal.aborted) await look(down, say)
        }
      }
      const working = work()
      return {
        async close() {
          over.abort()
          await working
        },
      }
    },
  }
}
