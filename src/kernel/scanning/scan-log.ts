// Runs as a process of its own, beside a program whose output may hold secrets: standard input to standard output, with what is
// hidden in it. It outlives the server, and ends when nobody can write to it any more.
// On descriptor 3 come the values, so that no command line and no environment shows them.
import { appendFileSync, readFileSync, readSync, writeSync } from 'node:fs'
import { hasCode } from '../errors.ts'
import { hidingOf } from './scanner.ts'

/** What the launcher writes to descriptor 3: values in Base64, and the file that is told of finds. */
export type ScanOrder = { readonly finds: string; readonly values: readonly { readonly name: string; readonly value: string }[] }

const { finds, values } = JSON.parse(readFileSync(3, 'utf8')) as ScanOrder
const told = new Set<string>()
const scan = hidingOf(values.map(({ name, value }) => ({ name, value: Buffer.from(value, 'base64') }))).stream((name) => {
  if (told.has(name)) return
  // A line that a full disk cut short stays alone.
  const line = `\n${JSON.stringify({ secret: name, at: new Date().toISOString() })}\n`
  if (hasRoom(() => appendFileSync(finds, line, { mode: 0o600 }))) told.add(name)
})

// Signals are meant for the program; it is heard out whatever comes.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => {})

const chunk = Buffer.allocUnsafe(64 * 1024)
for (;;) {
  const bytes = readSync(0, chunk)
  write(bytes === 0 ? scan.end() : scan.push(chunk.subarray(0, bytes)))
  if (bytes === 0) break
}

function write(data: Buffer): void {
  hasRoom(() => {
    for (let at = 0; at < data.length;) at += writeSync(1, data, at)
  })
}

/** On a full disk what cannot be kept is lost, as it would be without us; the program must not wait for it, nor end. */
function hasRoom(keep: () => void): boolean {
  try {
    keep()
    return true
  } catch (error) {
    if (!hasCode(error, 'ENOSPC') && !hasCode(error, 'EDQUOT') && !hasCode(error, 'EPIPE')) throw error
    return false
  }
}
