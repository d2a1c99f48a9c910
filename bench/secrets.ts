/**
 * What hiding secrets costs: MB/s of the scanner over a log of ordinary lines, and what a program's start and its log cost with
 * a process that scans it beside one that writes to its file itself; how much memory many such processes take.
 *
 *     node bench/secrets.ts [secrets] [MiB]
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { enableCompileCache } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ended, launch } from '../src/kernel/detached.ts'
import type { Hidden } from '../src/kernel/scanning/forms.ts'
import { hidingOf } from '../src/kernel/scanning/scanner.ts'

// As the product is started.
enableCompileCache(path.join(import.meta.dirname, '../node_modules/.cache/threeways'))
const [secrets = 20, mebibytes = 64] = process.argv.slice(2).map(Number)
const values: readonly Hidden[] = Array.from({ length: secrets }, (_, n) => ({
  name: `SECRET_${n}`,
  value: Buffer.from(randomBytes(24).toString('base64')),
}))
const lines = Array.from({ length: 5_000 }, (_, n) =>
  JSON.stringify({
    level: 'info',
    time: 1_790_000_000_000 + n,
    id: randomBytes(12).toString('base64url'),
    path: `/orders/${n}`,
    msg: 'order was taken in and paid',
  }),
).join('\n')
const chunk = Buffer.from(`${lines}\n`)

let failed = false
for (const [what, hidden] of [
  ['none is met', chunk],
  [
    'one in a hundred lines tells one',
    Buffer.from(
      lines
        .split('\n')
        .map((line, n) => (n % 100 === 0 ? `${line} ${told(n)}` : line))
        .join('\n'),
    ),
  ],
] as const) {
  const scan = hidingOf(values).stream()
  let bytes = 0
  const began = performance.now()
  while (bytes < mebibytes * 1024 * 1024) {
    for (let at = 0; at < hidden.length; at += 65_536) scan.push(hidden.subarray(at, at + 65_536))
    bytes += hidden.length
  }
  const seconds = (performance.now() - began) / 1000
  const rate = bytes / 1e6 / seconds
  failed ||= rate < 50
  console.log(`${secrets} secrets, ${what}: ${rate.toFixed(0)} MB/s (goal >= 50)`)
}

const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
try {
  for (const hide of [[], values]) await program(hide.length === 0 ? 'writes its log itself' : 'is scanned', hide)
  await many(50)
} finally {
  await rm(folder, { recursive: true, force: true })
}
if (failed) process.exitCode = 1

function told(n: number): string {
  const value = Buffer.from(values[n % values.length]!.value)
  return n % 200 === 0 ? value.toString() : value.toString('base64')
}

async function program(what: string, hide: readonly Hidden[]): Promise<void> {
  const env = { PATH: process.env['PATH']! }
  const files = (name: string) => ({ logFile: path.join(folder, `${name}.log`), exitFile: path.join(folder, `${name}.exit`) })
  const starts: number[] = []
  for (let n = 0; n < 10; n++) {
    const began = performance.now()
    await ended(await launch({ command: ['true'], cwd: folder, env, ...files(`${what} ${n}`), hide }))
    starts.push(performance.now() - began)
  }
  const bytes = 64 * 1024 * 1024
  const began = performance.now()
  const writer = await launch({
    command: ['sh', '-c', `yes "an ordinary line of a log, as programs write them" | head -c ${bytes}; sleep 0.3`],
    cwd: folder,
    env,
    ...files(what),
    hide,
  })
  await ended(writer)
  const seconds = (performance.now() - began) / 1000 - 0.3
  const { size } = await stat(writer.logFile)
  failed ||= size !== bytes
  const p50 = starts.toSorted((a, b) => a - b)[5]!
  console.log(
    `a program that ${what}: start and end ${p50.toFixed(0)} ms, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s into its log, ${size} of ${bytes} bytes there`,
  )
}

/** What the scanners of many programs take at once; what they share is divided between them. */
async function many(count: number): Promise<void> {
  const env = { PATH: process.env['PATH']! }
  const all = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      launch({
        command: ['sleep', '3'],
        cwd: folder,
        env,
        logFile: path.join(folder, `many ${n}.log`),
        exitFile: path.join(folder, `many ${n}.exit`),
        hide: values,
      }),
    ),
  )
  await sleep(1_500)
  const kibibytes = await Promise.all(all.map(({ scanner }) => memoryOf(scanner!.pid)))
  await Promise.all(all.map((one) => ended(one)))
  const each = kibibytes.reduce((sum, one) => sum + one, 0) / 1024 / count
  console.log(`scanners of ${count} programs: ${each.toFixed(1)} MB each`)
}

/** KiB. */
async function memoryOf(pid: number): Promise<number> {
  return Number(/^Pss:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => ''))?.[1] ?? 0)
}
