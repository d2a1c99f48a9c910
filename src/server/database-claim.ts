import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import { unavailable } from '../kernel/errors.ts'
import type { LedgerStore } from '../ledger/store/store.ts'

/** Names our advisory lock among the locks of a database. */
const key = 7_333_003
/** A server that was just killed may hold its session for a moment. */
const patienceMs = 3_000
const againMs = 1_000

/**
 * Claims a shared database for this server: environments, artifacts and logs are on one machine, so two servers on one ledger
 * would take each other's deliveries and not find them. The claim lives with its connection; a lost one is made again.
 * @throws ThreewaysError `DATABASE_CLAIMED`
 */
export async function claimDatabase(ledger: Pick<LedgerStore, 'pool'>, log: (message: string) => void): Promise<{ release(): void }> {
  let released = false
  let client = await claim(ledger)
  for (const deadline = Date.now() + patienceMs; client === undefined && Date.now() < deadline; client = await claim(ledger))
    await sleep(100)
  if (client === undefined) {
    throw unavailable('DATABASE_CLAIMED', {
      message: 'another server works on the database that DATABASE_URL names',
      help: 'use that server (--server), end it first, or give this one a database of its own',
    })
  }
  watch(client)

  function watch(held: PoolClient): void {
    client = held
    held.on('error', () => {
      // A session that we ended ourselves may still report it.
      if (released || client !== held) return
      client = undefined
      held.release(true)
      void again()
    })
  }

  async function again(): Promise<void> {
    log('the claim on the database was lost with its connection; it is made again')
    while (!released) {
      const next = await claim(ledger).catch(() => undefined)
      if (next !== undefined) return released ? next.release(true) : watch(next)
      await sleep(againMs)
    }
  }

  return {
    release() {
      released = true
      // Ending the session is what gives the lock up.
      client?.release(true)
    },
  }
}

async function claim({ pool }: Pick<LedgerStore, 'pool'>): Promise<PoolClient | undefined> {
  const client = await pool.connect()
  const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [key]).catch((error: unknown) => {
    client.release(true)
    throw error
  })
  if (rows[0]?.mine === true) return client
  client.release()
  return undefined
}
