import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../errors.ts'
import { isAlive, stopTree } from '../process.ts'
import type { Postmaster } from './postmaster.ts'

const lookMs = 250
const waitMsMax = 10_000

/** A server that is looked after: `postmaster` is the one that runs now, or ran last. */
export type Kept = { readonly postmaster: Postmaster; leave(): Promise<void> }

export type Care = {
  /** Starts it again, or takes the one that somebody else started. */
  start(): Promise<Postmaster>
  /** Whether its data folder is still there. A server without one goes on in files that nobody will find again. */
  hasData(): Promise<boolean>
  watch(message: string): void
}

/** Looks after a server until it is left. */
export function keepAlive(first: Postmaster, { start, hasData, watch }: Care): Kept {
  const left = new AbortController()
  let postmaster = first
  const keeping = keep()
  return {
    get postmaster() {
      return postmaster
    },
    async leave() {
      left.abort()
      await keeping
    },
  }

  async function keep(): Promise<void> {
    for (let wait = lookMs; ;) {
      await sleep(wait, undefined, { signal: left.signal, ref: false }).catch(() => {})
      if (left.signal.aborted) return
      const lives = await isAlive(postmaster.identity)
      if (lives && (await hasData())) continue
      if (lives) {
        watch('the database folder was removed under its server; ending it, because nothing it says is kept')
        await stopTree(postmaster.identity, undefined, { signal: 'SIGQUIT', graceMs: 5_000 })
      }
      try {
        if (wait === lookMs) watch(`the database server is gone (pid ${postmaster.identity.pid}); starting it again`)
        postmaster = await start()
        wait = lookMs
      } catch (error) {
        watch(`the database server cannot be started again yet: ${messageOf(error)}`)
        wait = Math.min(wait * 2, waitMsMax)
      }
    }
  }
}
