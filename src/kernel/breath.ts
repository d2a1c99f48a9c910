import { setImmediate as turn } from 'node:timers/promises'

/**
 * For work that is long as a whole: awaited between its parts it lets everything else go on as soon as this work has held it up for some
 * time, and costs nothing before.
 */
export function makeBreath(msMax = 2): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < msMax) return undefined
    return turn().then(() => {
      since = performance.now()
    })
  }
}
