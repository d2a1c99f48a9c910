/**
 * What the engine adds to a step that does nothing: a chain of `true`, delivered like any commit, from the end of one step to
 * the end of the next. Everything is in it: starting the process, seeing its end, recording it durably. Beside it the same chain
 * in `make` and in wireit, which record nothing.
 *
 *     node bench/step-overhead.ts [steps]
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { run } from '../src/kernel/process.ts'
import { stepTimes, withThreeways, type DeliverChain } from './chain/threeways.ts'
import { percentile } from './ledger/percentile.ts'

const steps = Number(process.argv[2] ?? 100)
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
process.env['XDG_DATA_HOME'] = path.join(folder, 'data')
try {
  await withThreeways(folder, ours)
  await others('make', makefile, (last) => ['make', ['-s', last]])
  await others('wireit', wireitPackage, (last) => ['npm', ['run', '--silent', last]])
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function ours(deliver: DeliverChain): Promise<void> {
  await deliver(10)
  const times = stepTimes(await deliver(steps))
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length
  line(
    'threeways',
    `p50 ${percentile(times, 50)} ms, p99 ${percentile(times, 99)} ms, mean ${mean.toFixed(1)} ms (goal: p50 10 ms, p99 50 ms)`,
  )
}

/** One run of a chain of one is taken off: what starting the tool itself costs is not about its steps. */
async function others(
  name: string,
  files: (folder: string) => Promise<void>,
  command: (last: string) => [string, string[]],
): Promise<void> {
  const place = path.join(folder, name)
  await mkdir(place)
  await files(place)
  const timed = async (last: string): Promise<number> => {
    const began = performance.now()
    const { code, stderr } = await run(...command(last), { cwd: place, timeoutMs: 600_000 })
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}`)
    return performance.now() - began
  }
  const one = await timed('step-1')
  line(name, `mean ${(((await timed(`step-${steps}`)) - one) / (steps - 1)).toFixed(1)} ms`)
}

async function makefile(place: string): Promise<void> {
  const targets = Array.from({ length: steps }, (_, n) => `step-${n + 1}:${n === 0 ? '' : ` step-${n}`}\n\ttrue\n`)
  await writeFile(path.join(place, 'Makefile'), `.SILENT:\n${targets.join('')}`)
}

async function wireitPackage(place: string): Promise<void> {
  const names = Array.from({ length: steps }, (_, n) => `step-${n + 1}`)
  const chain = names.map((name, n) => [name, { command: 'true', ...(n === 0 ? {} : { dependencies: [names[n - 1]] }) }])
  const scripts = Object.fromEntries(names.map((name) => [name, 'wireit']))
  await writeFile(path.join(place, 'package.json'), JSON.stringify({ name: 'chain', scripts, wireit: Object.fromEntries(chain) }))
  await symlink(path.join(import.meta.dirname, '../node_modules'), path.join(place, 'node_modules'))
}

function line(what: string, figure: string): void {
  console.log(`${what.padEnd(12)} ${figure}`)
}
