import { messageOf } from '../../kernel/errors.ts'
import { makeNoting, type Noting } from './noting.ts'
import { makeOutbox, type OutboxOptions } from './outbox.ts'

const restMs = 250
const lookMs = 5_000
const pruneMs = 3_600_000

/**
 * Tells hosts of repositories how commits stand: each stage's outcome, and whether the line is open. Does nothing without targets.
 */
export function keepTelling(options: Noting & OutboxOptions) {
  const { ledger, targets, log } = options
  const note = makeNoting(options)
  const outbox = makeOutbox(options)
  const ended = new AbortController()
  /** Hosts that want to be left alone, until when, epoch ms. */
  const resting = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let work = Promise.resolve()
  let failing = false
  let hurried = false
  let prunedAt = 0

  /** @returns false: there is nothing to tell now */
  async function tellNext(): Promise<boolean> {
    const now = Date.now()
    const free = targets.filter(({ name }) => (resting.get(name) ?? 0) <= now)
    const row = free.length === 0 ? undefined : await outbox.claim(free.map(({ name }) => name))
    if (row === undefined) return false
    const told = await free.find(({ name }) => name === row.target)!.tell({ ...row, url: row.url ?? undefined }, ended.signal)
    if (ended.signal.aborted && told.told !== true) return false
    if (told.told === 'later' && told.notBefore !== undefined) resting.set(row.target, told.notBefore)
    await outbox.settle(row, told)
    return true
  }

  async function turn(): Promise<void> {
    hurried = false
    try {
      while (!ended.signal.aborted && (await note()));
      while (!ended.signal.aborted && (await tellNext()));
      if (performance.now() - prunedAt > pruneMs || prunedAt === 0) {
        prunedAt = performance.now()
        await outbox.prune()
      }
      failing = false
    } catch (error) {
      if (!failing && !ended.signal.aborted) log(`commit statuses wait: ${messageOf(error)}`)
      failing = true
    }
    soon(hurried ? restMs : lookMs)
  }

  function soon(ms: number): void {
    if (ended.signal.aborted) return
    clearTimeout(timer)
    timer = setTimeout(() => (work = work.then(turn)), ms)
    timer.unref()
  }

  // What comes meanwhile does not put it off.
  function hurry(): void {
    if (!hurried) soon(restMs)
    hurried = true
  }

  const deaf = targets.length === 0 ? () => {} : ledger.onAppend(hurry)
  if (targets.length > 0) soon(0)

  return {
    async close(): Promise<void> {
      ended.abort()
      deaf()
      clearTimeout(timer)
      await work
    },
  }
}
