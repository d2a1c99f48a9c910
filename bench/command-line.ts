/**
 * How long a short command takes from the first instruction to its end, with its code kept in Node's compile cache, as it is, and without.
 *
 *     node bench/command-line.ts [times]
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { percentile } from './ledger/percentile.ts'

const times = Number(process.argv[2] ?? 15)
const goalMs = 500
const launcher = path.join(import.meta.dirname, '../bin/threeways.mjs')
const commands = [['--version'], ['status', '--home', path.join(import.meta.dirname, 'no-such-home')]]

for (const command of commands) {
  const [kept, read] = [measure(command, {}), measure(command, { NODE_DISABLE_COMPILE_CACHE: '1' })]
  console.log(`threeways ${command[0]!.padEnd(12)} p50 ${kept} ms (goal ${goalMs}), without the cache ${read} ms`)
}

function measure(command: readonly string[], env: Record<string, string>): number {
  const once = () => {
    const began = performance.now()
    spawnSync(process.execPath, [launcher, ...command], { env: { ...process.env, ...env }, stdio: 'ignore', timeout: 60_000 })
    return performance.now() - began
  }
  once() // The first one fills the cache.
  return Math.round(percentile(Array.from({ length: times }, once), 50))
}
