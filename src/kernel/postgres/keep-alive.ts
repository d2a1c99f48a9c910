import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../errors.ts'
import { isAlive } from '../process.ts'
import type { Postmaster } from './postmaster.ts'

const lookMs = 250
const waitMsMax = 10_000

/** A server that is looked after: `postmaster` is the one that runs now, or ran last. */
export type Kept = { readonly postmaster: Postmaster; leave(): Promise<void> }

/** Looks after a server until it is left. One that is gone is started again, or the one that somebody else started is taken. */
export function keepAlive(first: Postmaster, start: () => Promise<Postmaster>, watch: (message: string) => void): Kept {
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
      if (await isAlive(postmaster.identity)) continue
      try {
        watch(`the database server is gone (pid ${postmaster.identity.pid}); starting it again`)
        postmaster = await start()
        wait = lookMs
      } catch (error) {
        watch(`the database server cannot be started again yet: ${messageOf(error)}`)
        wait = Math.min(wait * 2, waitMsMax)
      }
    }
  }
}
