import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Held } from '../../flow/pipeline/engine/runs.ts'
import type { Courier } from './courier.ts'

const partBytes = 512 * 1024
const lookMs = 300

/**
 * Sends a step's log as it grows, one part after the other: a slow way holds up the log and not the step, whose own file is bounded.
 * @returns a function that sends the rest and ends it
 */
export function sendLog(courier: Pick<Courier, 'log'>, step: Held, file: string): () => Promise<void> {
  const over = new AbortController()
  let from = 0
  let offset = 0

  async function part(): Promise<boolean> {
    const log = await open(file, 'r').catch(() => undefined)
    if (log === undefined) return false
    try {
      const { size } = await log.stat()
      // It was bounded meanwhile and begins anew.
      if (size < from) from = 0
      const { buffer, bytesRead } = await log.read(
        Buffer.alloc(Math.min(partBytes, size - from)),
        0,
        Math.min(partBytes, size - from),
        from,
      )
      if (bytesRead === 0) return false
      const next = await courier.log(step, offset, buffer.subarray(0, bytesRead))
      if (next === offset + bytesRead) from += bytesRead
      // An earlier process of ours had sent so much already.
      else from = Math.min(size, from + Math.max(0, next - offset))
      offset = next
      return true
    } finally {
      await log.close()
    }
  }

  const done = (async () => {
    while (!over.signal.aborted) {
      await part().catch(() => {})
      await sleep(lookMs, undefined, { signal: over.signal }).catch(() => {})
    }
  })()
  return async () => {
    over.abort()
    await done
    // The log helps people and decides nothing: its end is not waited for without end.
    for (let tries = 0; tries < 20 && (await part().catch(() => false));) tries++
  }
}
