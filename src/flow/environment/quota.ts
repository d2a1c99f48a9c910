import { refused } from '../../kernel/errors.ts'
import { formatBytes } from '../../kernel/bytes.ts'
import type { Quotas } from '../policy/policy.ts'

/** An environment that is there, or about to be. */
export type Holding = {
  readonly id: string
  /** Whoever made it; undefined: a stage, or nobody knows. */
  readonly by: string | undefined
  readonly isStages: boolean
  readonly asleep: boolean
  /** Sums of the limits of all its instances. */
  readonly memoryBytes: number
  readonly cpus: number
}

/**
 * Refuses one environment more than the policy allows. Pure. Those of stages count with what they may use, not with their
 * number; those that sleep the other way round.
 *
 * @throws ThreewaysError `QUOTA_EXCEEDED`: which, who holds what, how to free it
 */
export function withinQuotas(quotas: Quotas | undefined, wanted: Holding, held: readonly Holding[]): void {
  if (quotas === undefined) return
  const others = held.filter(({ id }) => id !== wanted.id)
  const own = others.filter(({ isStages }) => !isStages)
  const streamOf = (id: string) => id.split('/')[0]!
  const { total, stream, person } = quotas.environments
  count(total, own, 'on this server')
  count(
    stream,
    own.filter(({ id }) => streamOf(id) === streamOf(wanted.id)),
    `of ${streamOf(wanted.id)}`,
  )
  count(
    person,
    own.filter(({ by }) => by !== undefined && by === wanted.by),
    `of ${wanted.by}`,
  )
  awakeWithinQuotas(quotas, wanted, others)
}

/**
 * Refuses to wake one for which there is no room among those that are awake. Pure.
 * @throws ThreewaysError `QUOTA_EXCEEDED` as {@link withinQuotas}
 */
export function awakeWithinQuotas(quotas: Quotas, wanted: Holding, held: readonly Holding[]): void {
  const awake = held.filter(({ id, asleep }) => id !== wanted.id && !asleep)
  sum(quotas.memoryBytes, 'memoryBytes', wanted, awake)
  sum(quotas.cpus, 'cpus', wanted, awake)
}

function count(limit: number | undefined, held: readonly Holding[], where: string): void {
  if (limit === undefined || held.length < limit) return
  throw exceeded(
    `there are ${held.length} environments ${where} already, and the policy allows ${limit}`,
    held.map(nameOf),
    'threeways env down <name>',
  )
}

function sum(limit: number | undefined, what: 'memoryBytes' | 'cpus', wanted: Holding, awake: readonly Holding[]): void {
  if (limit === undefined || wanted[what] === 0) return
  const taken = awake.reduce((total, each) => total + each[what], 0)
  if (taken + wanted[what] <= limit) return
  const told = (amount: number) => (what === 'cpus' ? `${amount} cpus` : `${formatBytes(amount)} of memory`)
  const holders = awake.filter((each) => each[what] > 0).map((each) => `${nameOf(each)}: ${told(each[what])}`)
  const message = `it may use ${told(wanted[what])}, others ${told(taken)} already, and the policy allows ${told(limit)}`
  throw exceeded(message, holders, 'threeways env sleep <name>, or env down <name>')
}

const nameOf = ({ id, by }: Holding) => (by === undefined ? id : `${id} (${by})`)

const exceeded = (message: string, holders: readonly string[], how: string) =>
  refused('QUOTA_EXCEEDED', { message: `${message}; held by ${holders.join(', ') || 'nobody'}`, help: `free one with ${how}` })
