import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { once } from 'node:events'
import type { Engine } from './engine.ts'
import { framesOf } from './frames.ts'

/** What a container writes, into the instance's log until it ends. One that was adopted is read on from when we read last. */
export async function followLog(engine: Engine, container: string, logFile: string, signal: AbortSignal): Promise<void> {
  const readAtMs = (await stat(logFile).catch(() => undefined))?.mtimeMs ?? 0
  const query = { follow: '1', stdout: '1', stderr: '1', since: (readAtMs / 1_000).toFixed(3) }
  const file = createWriteStream(logFile, { flags: 'a', mode: 0o600 })
  try {
    const answer = await engine.open({ path: `/containers/${container}/logs`, query, signal })
    for await (const { data } of framesOf(answer)) if (!file.write(data)) await once(file, 'drain', { signal })
  } finally {
    file.end()
    await once(file, 'close')
  }
}
