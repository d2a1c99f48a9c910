import { messageOf } from '../kernel/errors.ts'

const restMs = 30_000

/**
 * Does what is to be done some time after something changed, never twice at once, and never in the way: what fails is said and tried
 * again later.
 * @param what - in words: tidy up
 * @param afterMs - how long after. @defaultValue 30_000
 */
export function makeTidier(what: string, tidy: () => Promise<unknown>, say: (message: string) => void, afterMs = restMs) {
  let timer: NodeJS.Timeout | undefined
  let work: Promise<unknown> = Promise.resolve()
  let closed = false
  return {
    soon: (): void => {
      if (closed || timer !== undefined) return
      timer = setTimeout(() => {
        timer = undefined
        work = tidy().catch((error: unknown) => say(`could not ${what}: ${messageOf(error)}`))
      }, afterMs)
      timer.unref()
    },
    async close(): Promise<void> {
      closed = true
      clearTimeout(timer)
      await work
    },
  }
}
