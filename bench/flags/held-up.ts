/**
 * Loaded into a server (`node --import`). On SIGUSR2 it says on standard error how long the event loop was held up the longest since it was
 * last asked, ms, as JSON. A timer looks each millisecond; that millisecond is not part of what it says.
 *
 * `clock` is what somebody who waits would notice; other programs that take the processor away are in it. `processor` is what the
 * thread itself computed in one turn, its share of collecting garbage included; `apart` the same of turns in which none was collected.
 */
import { PerformanceObserver } from 'node:perf_hooks'

const everyMs = 1
/** Shorter ones are of no interest, and there are many. */
const keptMs = 1.5

type Span = { readonly from: number; readonly to: number }
type Turn = Span & { readonly processor: number }

let turns: Turn[] = []
let collections: Span[] = []
const used = () => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
let [since, before] = [performance.now(), used()]
setInterval(() => {
  const [now, after] = [performance.now(), used()]
  if (now - since > keptMs + everyMs || after - before > keptMs) turns.push({ from: since, to: now, processor: after - before })
  since = now
  before = after
}, everyMs).unref()
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) collections.push({ from: startTime, to: startTime + duration })
}).observe({ entryTypes: ['gc'] })

process.on('SIGUSR2', () => {
  const isOverlapped = ({ from, to }: Turn) => collections.some((one) => one.from < to && one.to > from)
  const most = (values: readonly number[]) => values.reduce((max, value) => Math.max(max, value), 0)
  const told = {
    clock: most(turns.map(({ from, to }) => to - from - everyMs)),
    processor: most(turns.map(({ processor }) => processor)),
    apart: most(turns.filter((turn) => !isOverlapped(turn)).map(({ processor }) => processor)),
  }
  process.stderr.write(`held up ${JSON.stringify(told)}\n`)
  turns = []
  collections = []
})
