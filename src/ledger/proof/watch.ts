import { messageOf, ThreewaysError } from '../../kernel/errors.ts'
import type { LedgerStore } from '../store/store.ts'
import type { Log } from './log.ts'

/** An event is under a checkpoint after so long, */
const afterMs = 5_000
/** and sooner when so many have come, */
const afterEvents = 1_000
/** but never more often than this. */
const restMs = 1_000

/** Makes checkpoints as events come, until closed. What fails is said once and tried again with the next event. */
export function keepSigning(ledger: Pick<LedgerStore, 'onAppend'>, log: Pick<Log, 'checkpoint'>, say: (message: string) => void) {
  let timer: NodeJS.Timeout | undefined
  let work: Promise<void> = Promise.resolve()
  let signed = 0
  let hurried = false
  let failing = false
  let closed = false

  async function sign(): Promise<void> {
    timer = undefined
    hurried = false
    try {
      signed = (await log.checkpoint()).size
      failing = false
    } catch (error) {
      if (closed || failing) return
      failing = true
      // Another server's to do is no failure.
      if (!(error instanceof ThreewaysError && error.code === 'LEDGER_KEY_ELSEWHERE')) say(`no checkpoint was made: ${messageOf(error)}`)
    }
  }

  function soon(ms: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => (work = work.then(sign)), ms)
    timer.unref()
  }

  const deaf = ledger.onAppend((head) => {
    const many = head - signed >= afterEvents
    if (closed || (timer !== undefined && (hurried || !many))) return
    hurried = many
    soon(many ? restMs : afterMs)
  })

  return {
    async close(): Promise<void> {
      closed = true
      deaf()
      clearTimeout(timer)
      await work
    },
  }
}
