/**
 * What a caller notices of a dark launch: calls of a control that takes about a millisecond, half of them by themselves and half with
 * a candidate that is slow, hangs, throws, or keeps a processor busy (in this process, within its budget, and in a worker). In turns,
 * so that whatever else the machine does strikes both alike. And whether all callers got what control gave.
 *
 *     node bench/dark-launch.ts [calls of each kind]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { createDark } from '../sdk/src/dark/dark.ts'
import type { Task } from '../sdk/src/dark/task.ts'
import { createEvaluator } from '../sdk/src/evaluate/evaluator.ts'
import { workerCandidate } from '../sdk/src/node/worker.ts'
import { percentile } from './ledger/percentile.ts'

const calls = Number(process.argv[2] ?? 2_000)
const goalMs = 0.2
const flags = createEvaluator({
  flags: {
    search: { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off', metadata: { 'tw.state': 'dark', 'tw.rev': 1 } },
  },
})

type Answer = { readonly hits: readonly number[]; readonly call: number }
const control = async (call: number): Promise<Answer> => {
  await sleep(1)
  return { hits: [1, 2, 3], call }
}
const busyFor = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until;);
}

let wrong = 0
let over = 0

async function measure(name: string, candidate: (call: number, task: Task) => unknown, goal?: number): Promise<void> {
  const dark = createDark({
    evaluate: (flag, context) => flags.evaluate(flag, context),
    budget: { perSecond: 1_000, concurrent: 100, cpuMsPerSecond: 50 },
  })
  const alone: number[] = []
  const beside: number[] = []
  const kept = { spent: 0 }
  const began = performance.now()
  for (let call = 0; call < calls * 2; call++) {
    const rehearsed = call % 2 === 1
    const context = { targetingKey: `user-${call}` }
    const from = performance.now()
    const answer = await (rehearsed
      ? dark('search', context, { control: () => control(call), candidate: (task) => candidate(call, counted(task, kept)), timeoutMs: 200 })
      : control(call))
    ;(rehearsed ? beside : alone).push(performance.now() - from)
    if (answer.call !== call || answer.hits.length !== 3) wrong++
  }
  const seconds = (performance.now() - began) / 1_000
  await sleep(250)
  const [taken] = dark.take()
  const added = (at: number): number => percentile(beside, at) - percentile(alone, at)
  const dropped = Object.entries(taken?.dropped ?? {}).filter(([, count]) => count > 0)
  console.log(
    `  ${name.padEnd(34)} added p50 ${added(50).toFixed(3)}, p99 ${added(99).toFixed(3)}${goal === undefined ? '' : ` (goal: p99 ${goal})`}`,
  )
  console.log(
    `  ${''.padEnd(34)} ${taken?.candidate.compared ?? 0} compared, ${taken?.candidate.failed ?? 0} failed, ${taken?.timeouts ?? 0} timed out; dropped: ${dropped.map(([why, count]) => `${count} ${why}`).join(', ') || 'none'}; a worker's ${(kept.spent / seconds).toFixed(0)} ms/s`,
  )
  if (goal !== undefined && added(99) > goal) over++
}

function counted(task: Task, kept: { spent: number }): Task {
  return {
    ...task,
    signal: task.signal,
    spent: (ms) => {
      kept.spent += ms
      task.spent(ms)
    },
  }
}

const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
try {
  const module = path.join(folder, 'candidate.mjs')
  await writeFile(
    module,
    'export const busy = (call) => { for (const until = performance.now() + 20; performance.now() < until;); return { hits: [1, 2, 3], call } }\n',
  )
  const worker = workerCandidate(pathToFileURL(module), 'busy')
  console.log(`ms added to a caller of a control of about 1 ms; ${calls} calls alone and ${calls} rehearsed`)
  await measure('the same again', (call) => control(call), goalMs)
  await measure('slow: 50 ms', (call) => sleep(50).then(() => control(call)), goalMs)
  await measure('hangs', () => new Promise(() => undefined), goalMs)
  await measure('throws', () => Promise.reject(new Error('broken')), goalMs)
  await measure('busy for 20 ms, in a worker', (call, task) => worker(call)(task))
  await measure('busy for 20 ms, here, 50 ms/s', () => busyFor(20))
  await worker.close()
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.log(`${wrong} callers got something else than control gave`)
process.exit(wrong > 0 || over > 0 ? 1 : 0)
