import { watch } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { boundLog } from '../../../kernel/detached.ts'
import type { Digest } from '../../../kernel/digest.ts'
import type { LogLine } from '../../../flow/environment/provider.port.ts'

export const logBytesMax = 8 * 1024 * 1024
export const logBytesKept = 1024 * 1024
/** A longer line is told in pieces. */
const lineBytesMax = 16 * 1024
const readBytesMax = 256 * 1024

/**
 * Keeps a process's log within bounds until `signal`. A silent log costs nothing; one that is written to is looked at, the
 * faster it grows the sooner, so that a burst after a long silence does not get far.
 */
export async function keepLogBounded(file: string, signal: AbortSignal): Promise<void> {
  const written = wakeOnWrite(file, signal)
  for (let known = 0, pause = pauseMsMax; !signal.aborted;) {
    const size = await sizeOf(file)
    const cut = await boundLog(file, logBytesMax, logBytesKept)
    const perMs = Math.max(0, size - known) / pause
    known = cut ? 0 : size
    pause = Math.min(pauseMsMax, Math.max(2, logBytesMax / 4 / perMs))
    await sleep(pause, undefined, { signal }).catch(() => {})
    await written()
  }
}

const pauseMsMax = 20
/** Where the system does not tell us of writes. */
const lookMsMax = 200

/** @returns resolves when something was written since the last time it was asked, or it is time to look anyway */
function wakeOnWrite(file: string, signal: AbortSignal): () => Promise<void> {
  let isWritten = false
  let wake = () => {}
  const note = () => {
    isWritten = true
    wake()
  }
  let isTold = true
  const fail = () => {
    isTold = false
    wake()
  }
  try {
    watch(file, { persistent: false, signal }, note).on('error', fail)
  } catch {
    isTold = false // So many are watched that the system allows no more.
  }
  signal.addEventListener('abort', () => wake(), { once: true })
  return async () => {
    if (!isWritten && !signal.aborted) {
      const timer = setTimeout(() => wake(), isTold ? 60_000 : lookMsMax)
      await new Promise<void>((resolve) => (wake = resolve))
      clearTimeout(timer)
    }
    isWritten = false
  }
}

/** The last lines of a log, across the place where it was cut. Reads at most 256 KiB of each part. */
export async function endOfLog(file: string, lines: number): Promise<readonly string[]> {
  return (await readEnd(file, lines)).lines
}

/** `offset`: up to where the file was read; `open`: bytes before it that are no whole line yet. */
async function readEnd(file: string, lines: number): Promise<{ lines: readonly string[]; offset: number; open: number }> {
  const offset = await sizeOf(file)
  const from = Math.max(0, offset - readBytesMax)
  const current = await readAt(file, from, offset - from)
  const before = from === 0 ? await endOfFile(`${file}.1`) : Buffer.alloc(0)
  const all = Buffer.concat([before, current]).toString('utf8').split('\n')
  if (all.at(-1) === '') all.pop()
  return { lines: all.slice(Math.max(0, all.length - lines)), offset, open: current.length - (current.lastIndexOf(10) + 1) }
}

async function endOfFile(file: string): Promise<Buffer> {
  return readAt(file, Math.max(0, (await sizeOf(file)) - readBytesMax), readBytesMax)
}

export type LogSource = { readonly service: string; readonly candidate: Digest; readonly file: string }

export type ReadLogs = { readonly lines: number; readonly follow: boolean; readonly signal: AbortSignal | undefined }

/**
 * The last lines of several logs, then (`follow`) whatever is written, until `signal`, or until `sources` says that there is
 * no such environment any more. Logs that appear are followed from their beginning. A slow reader costs no memory: we read on
 * when it asks.
 */
export async function* readLogs(sources: () => Promise<readonly LogSource[] | undefined>, how: ReadLogs): AsyncIterable<LogLine> {
  const cursors = new Map<string, Cursor>()
  for (const { service, candidate, file } of (await sources()) ?? []) {
    const end = await readEnd(file, how.lines)
    cursors.set(file, { offset: end.offset - (how.follow ? end.open : 0), rest: Buffer.alloc(0) })
    const whole = how.follow && end.open > 0 ? end.lines.slice(0, -1) : end.lines
    for (const line of whole) yield { service, candidate, line }
  }
  while (how.follow && !how.signal?.aborted) {
    const present = await sources()
    if (!present) return
    let found = false
    for (const { service, candidate, file } of present) {
      const cursor = cursors.get(file) ?? { offset: 0, rest: Buffer.alloc(0) }
      cursors.set(file, cursor)
      for (const line of await nextLines(file, cursor)) {
        found = true
        yield { service, candidate, line }
      }
    }
    if (!found) await sleep(100, undefined, how.signal ? { signal: how.signal } : {}).catch(() => {})
  }
}

type Cursor = { offset: number; rest: Buffer }

async function nextLines(file: string, cursor: Cursor): Promise<readonly string[]> {
  // Shorter than we are far: it was emptied meanwhile.
  if ((await sizeOf(file)) < cursor.offset) cursor.offset = 0
  const chunk = await readAt(file, cursor.offset, readBytesMax)
  cursor.offset += chunk.length
  let data = Buffer.concat([cursor.rest, chunk])
  const lines: string[] = []
  for (;;) {
    const end = data.indexOf(10)
    if (end < 0 && data.length < lineBytesMax) break
    const length = Math.min(end < 0 ? lineBytesMax : end, lineBytesMax)
    lines.push(data.toString('utf8', 0, length))
    data = data.subarray(length + (length === end ? 1 : 0))
  }
  cursor.rest = Buffer.from(data)
  return lines
}

async function readAt(file: string, offset: number, bytes: number): Promise<Buffer> {
  const handle = await open(file, 'r').catch(() => undefined)
  if (!handle) return Buffer.alloc(0)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0
}
