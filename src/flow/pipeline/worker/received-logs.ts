import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { boundLog } from '../../../kernel/detached.ts'
import { hidingOf, type Scan } from '../../../kernel/scanning/scanner.ts'
import type { Workshop } from '../execution.ts'

const logBytesKept = 8 * 1024 * 1024

/** Logs of steps as workers send them, part by part. Workers know no secrets: what may not be told is looked for here. */
export function makeReceivedLogs(shop: Pick<Workshop, 'inTurn' | 'secrets'>) {
  /** Of logs that go on. One that a start of the server interrupts begins anew. */
  const scans = new Map<string, Scan>()

  async function scanOf(folder: string, stream: string): Promise<Scan> {
    const begun = scans.get(folder) ?? hidingOf(await shop.secrets.hidden(stream)).stream()
    scans.set(folder, begun)
    return begun
  }

  return {
    /** @returns from where on it is wanted; another than was sent: nothing was added */
    add: (folder: string, stream: string, offset: number, bytes: Uint8Array): Promise<number> =>
      shop.inTurn(`log ${folder}`, async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        const note = path.join(folder, 'received')
        const received = Number(await readFile(note, 'utf8').catch(() => '0'))
        if (offset !== received) return received
        await appendFile(path.join(folder, 'log'), (await scanOf(folder, stream)).push(bytes), { mode: 0o600 })
        await writeFile(note, String(received + bytes.length))
        await boundLog(path.join(folder, 'log'), 2 * logBytesKept, logBytesKept)
        return received + bytes.length
      }),

    /** What could still have been the beginning of something. */
    end: (folder: string): Promise<void> =>
      shop.inTurn(`log ${folder}`, async () => {
        const rest = scans.get(folder)?.end()
        scans.delete(folder)
        if (rest && rest.length > 0) await appendFile(path.join(folder, 'log'), rest)
      }),
  }
}
