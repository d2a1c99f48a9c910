/**
 * The simulator against what queueing theory says, and how many events it does in a second.
 *
 *     node bench/simulation.ts [--arrivals 2000000] [--seed 1]
 */
import { parseArgs } from 'node:util'
import { poisson, throughAfterTries, waitingOf } from '../src/flow/simulation/closed-forms.ts'
import { simulate } from '../src/flow/simulation/engine.ts'
import { constant, exponential } from '../src/flow/simulation/times.ts'

const { values } = parseArgs({ options: { arrivals: { type: 'string', default: '2000000' }, seed: { type: 'string', default: '1' } } })
const seed = Number(values.seed)
const arrivals = poisson(Number(values.arrivals), 1, seed)
const lines = [
  ['M/M/1', 1, 0.5, 'exponential'],
  ['M/M/1', 1, 0.8, 'exponential'],
  ['M/M/3', 3, 2.1, 'exponential'],
  ['M/M/8', 8, 6.4, 'exponential'],
  ['M/D/1', 1, 0.5, 'constant'],
  ['M/D/1', 1, 0.8, 'constant'],
] as const

console.log('line   busy    waiting, simulated  by formula   off by     events/s')
for (const [name, servers, mean, kind] of lines) {
  const service = kind === 'constant' ? constant(mean) : exponential(mean)
  const began = performance.now()
  const { begun, events } = simulate(arrivals, { stages: [{ servers, service }] }, seed + 1)
  const rate = events / ((performance.now() - began) / 1000)
  const waited = begun.reduce((sum, time, entity) => sum + time - arrivals[entity]!, 0) / begun.length
  const told = waitingOf(servers, mean, kind)
  console.log(
    [
      name,
      `${Math.round((mean / servers) * 100)} %`.padStart(6),
      waited.toFixed(4).padStart(20),
      told.toFixed(4).padStart(12),
      `${((waited / told - 1) * 100).toFixed(2)} %`.padStart(9),
      Math.round(rate).toLocaleString('en').padStart(12),
    ].join('  '),
  )
}

console.log('tries that fail and wait again (M/M/1 with feedback)')
for (const [mean, again] of [
  [0.4, 0.3],
  [0.7, 0.1],
] as const) {
  const { ended } = simulate(arrivals, { stages: [{ servers: 1, service: exponential(mean), again }] }, seed + 1)
  const taken = ended.reduce((sum, time, entity) => sum + time - arrivals[entity]!, 0) / ended.length
  const told = throughAfterTries(mean, again)
  console.log(
    `  ${Math.round(again * 100)} % fail: through after ${taken.toFixed(4)}, by formula ${told.toFixed(4)}, off by ${((taken / told - 1) * 100).toFixed(2)} %`,
  )
}
