/**
 * One evaluation of a flag: a rule (`country` is one of two) and a split of 25 to 75, for 1,000 users with ASCII names, one after the other.
 * Ours beside flagd's, GrowthBook's and Unleash's, in one process and in turns, so that whatever else the machine does strikes all
 * alike. Then what a publication of 1,000 flags costs the process that reads it.
 *
 *     node bench/flag-eval.ts [evaluations in a turn]
 */
import { GrowthBookClient } from '@growthbook/growthbook'
import { FlagdCore } from '@openfeature/flagd-core'
import { createRequire } from 'node:module'
import { createClient } from '../sdk/src/client/client.ts'
import { createEvaluator } from '../sdk/src/evaluate/evaluator.ts'
import type { FlagSet } from '../sdk/src/evaluate/flag-set.ts'
import { percentile } from './ledger/percentile.ts'

const times = Number(process.argv[2] ?? 200_000)
const turns = 7
const goalNs = 150
const goalMs = 10

/** Its evaluation alone, without what it counts and reports. */
type UnleashClient = { isEnabled(name: string, context: object, fallback: () => boolean): boolean }
const require = createRequire(import.meta.url)
const unleash = {
  Client: (require('unleash-client/lib/client') as { default: new (repository: object, strategies: object) => UnleashClient }).default,
  strategies: (require('unleash-client/lib/strategy') as { defaultStrategies: object }).defaultStrategies,
}

const users = Array.from({ length: 1_000 }, (_, n) => ({
  targetingKey: `user-${n * 7_919}`,
  country: n % 3 === 0 ? 'US' : 'DE',
  plan: 'gold',
}))
const targeting = {
  if: [
    { in: [{ var: ['country'] }, ['DE', 'US']] },
    {
      fractional: [
        ['on', 25],
        ['off', 75],
      ],
    },
    null,
  ],
}
/** As our own ramps are compiled: a salted key, and the flag's 10,000 slots in so many runs. */
const rampOf = (runs: number): unknown => {
  const arms = Array.from({ length: runs }, (_, n) => [n % 4 === 0 ? 'on' : 'off', 10_000 / runs])
  const split = { fractional: [{ cat: ['salt-of-it', { var: ['targetingKey'] }] }, ...arms] }
  return { if: [targeting.if[0], { if: [{ var: ['targetingKey'] }, split, null] }, null] }
}

function setOf(rule: unknown, bucketing: string, count = 1): FlagSet {
  const flag = {
    state: 'ENABLED' as const,
    variants: { on: true, off: false },
    defaultVariant: 'off',
    targeting: rule,
    metadata: { 'tw.bucketing': bucketing, 'tw.rev': 3 },
  }
  return { flags: Object.fromEntries(Array.from({ length: count }, (_, n) => [`flag-${n}`, flag])) }
}

type Contender = { readonly name: string; readonly goal?: number; readonly isOn: (n: number) => boolean }

function ours(name: string, rule: unknown, bucketing: string): Contender {
  const flags = createEvaluator(setOf(rule, bucketing))
  return { name: `ours, ${name}`, goal: goalNs, isOn: (n) => flags.evaluate('flag-0', users[n % 1_000], false).value === true }
}

/** As an application has it: what was shown is noted too, to be told. */
function client(): Contender {
  const bootstrap = setOf(targeting, 'fractional-v2')
  const flags = createClient({
    bootstrap,
    url: 'http://flags.invalid/api/flag-sets/bench',
    listen: false,
    fetch: () => new Promise(() => undefined),
  })
  return {
    name: 'ours, fractional-v2, by the client, noted',
    goal: goalNs,
    isOn: (n) => flags.evaluate('flag-0', users[n % 1_000], false).value === true,
  }
}

function flagd(name: string, disableDynamicCodeGeneration: boolean): Contender {
  const flags = new FlagdCore(undefined, undefined, { disableDynamicCodeGeneration })
  flags.setConfigurations(JSON.stringify(setOf(targeting, 'fractional-v2')))
  return { name: `flagd-core, ${name}`, isOn: (n) => flags.resolveBooleanEvaluation('flag-0', false, users[n % 1_000]).value }
}

function growthbook(): Contender {
  const client = new GrowthBookClient().initSync({
    payload: {
      features: {
        'flag-0': {
          defaultValue: false,
          rules: [{ condition: { country: { $in: ['DE', 'US'] } }, force: true, coverage: 0.25, hashAttribute: 'id' }],
        },
      },
    },
  })
  const contexts = users.map(({ targetingKey, ...rest }) => ({ attributes: { id: targetingKey, ...rest } }))
  return { name: 'growthbook, isOn', isOn: (n) => client.isOn('flag-0', contexts[n % 1_000]!) }
}

function unleashClient(): Contender {
  const feature = {
    name: 'flag-0',
    enabled: true,
    strategies: [
      {
        name: 'flexibleRollout',
        parameters: { rollout: '25', stickiness: 'userId', groupId: 'flag-0' },
        constraints: [{ contextName: 'country', operator: 'IN', values: ['DE', 'US'], inverted: false }],
      },
    ],
  }
  const repository = { getToggle: () => feature, getSegment: () => undefined }
  const client = new unleash.Client(repository, unleash.strategies)
  const contexts = users.map(({ targetingKey, country }) => ({ userId: targetingKey, properties: { country } }))
  return { name: 'unleash-client, isEnabled', isOn: (n) => client.isEnabled('flag-0', contexts[n % 1_000]!, () => false) }
}

function measure({ isOn }: Contender): { readonly ns: number; readonly share: number } {
  let on = 0
  const began = process.hrtime.bigint()
  for (let n = 0; n < times; n++) if (isOn(n)) on++
  return { ns: Number(process.hrtime.bigint() - began) / times, share: on / times }
}

const contenders = [
  ours('fractional-v2', targeting, 'fractional-v2'),
  ours('fractional-v3', targeting, 'fractional-v3'),
  ours('fractional-v2, salted, 100 runs of slots', rampOf(100), 'fractional-v2'),
  client(),
  flagd('compiled', false),
  flagd('interpreted', true),
  growthbook(),
  unleashClient(),
]
const figures = new Map<Contender, number[]>(contenders.map((one) => [one, []]))
for (let turn = 0; turn < turns; turn++) for (const one of contenders) figures.get(one)!.push(measure(one).ns)
console.log(`ns for an evaluation, median of ${turns} turns of ${times} (quickest)`)
for (const [one, all] of figures) {
  const goal = one.goal === undefined ? '' : ` (goal: ${one.goal})`
  console.log(`  ${one.name.padEnd(46)}${percentile(all, 50).toFixed(0).padStart(6)} (${Math.min(...all).toFixed(0)})${goal}`)
}

/** How long the process does nothing else: reading the set, and all first evaluations after it. */
function publication(): void {
  const count = 1_000
  const before = setOf(rampOf(10), 'fractional-v2', count)
  const after = JSON.parse(JSON.stringify(before)) as { flags: Record<string, { metadata: Record<string, unknown> }> }
  for (let n = 0; n < 10; n++) after.flags[`flag-${n}`]!.metadata['tw.rev'] = 4
  const texts = [before, after].map((set) => JSON.stringify(set))
  const flags = createEvaluator(JSON.parse(texts[0]!) as FlagSet)
  flags.evaluateAll(users[0])
  const took: Record<'parse' | 'update' | 'evaluate', number[]> = { parse: [], update: [], evaluate: [] }
  const timed = <T>(what: keyof typeof took, work: () => T): T => {
    const began = performance.now()
    const result = work()
    took[what].push(performance.now() - began)
    return result
  }
  for (let turn = 0; turn < 20; turn++) {
    const next = timed('parse', () => JSON.parse(texts[(turn + 1) % 2]!) as FlagSet)
    timed('update', () => flags.update(next))
    timed('evaluate', () => flags.evaluateAll(users[0]))
  }
  const core = new FlagdCore()
  core.setConfigurations(texts[0]!)
  const theirs: number[] = []
  for (let turn = 0; turn < 3; turn++) {
    const began = performance.now()
    core.setConfigurations(texts[(turn + 1) % 2]!)
    theirs.push(performance.now() - began)
  }
  const all = (name: keyof typeof took) => `${name} ${percentile(took[name], 50).toFixed(1)} (max ${Math.max(...took[name]).toFixed(1)})`
  console.log(`\nms for a publication of ${count} flags (${(texts[0]!.length / 1024).toFixed(0)} KiB), 10 of them changed`)
  console.log(`  ours: ${all('parse')}, ${all('update')}, ${all('evaluate')} all (goal: update ≤ ${goalMs})`)
  console.log(`  flagd-core, parse and update: ${percentile(theirs, 50).toFixed(0)}`)
}
publication()

/** All experiments that a user is in, at once. */
function many(): void {
  const flags = createEvaluator(setOf(targeting, 'fractional-v2', 165))
  const rounds = 2_000
  for (let n = 0; n < 500; n++) flags.evaluateAll(users[n])
  const began = performance.now()
  for (let n = 0; n < rounds; n++) flags.evaluateAll(users[n % 1_000])
  console.log(`\n165 flags for one user: ${(((performance.now() - began) / rounds) * 1_000).toFixed(0)} µs`)
}
many()
