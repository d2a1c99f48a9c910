import { setTimeout as sleep } from 'node:timers/promises'
import type { RunView, StreamView } from '../../src/flow/pipeline/schemas.ts'
import type { CloudEvent } from '../../src/ledger/event.ts'
import { delivery } from '../ledger/delivery.ts'
import type { Random } from './random.ts'
import { stream, type Commit, type Repository } from './repository.ts'
import { NoAnswer, type Target } from './target.ts'

/** Who is asked: a server, or whichever of several lives. */
export type Asked = Pick<Target, 'ask'>

const inFlight = 3
/** So often a person lets a step run again. */
const patience = 5
const over = new Set(['succeeded', 'failed', 'cancelled'])

/** What was asked of the server and what it said, to be compared with what it remembers. */
export type Record = {
  /** Accepted deliveries: the server answered. */
  readonly accepted: Map<string, Commit>
  /** Of events: what it said about each, by source and id. */
  readonly acknowledged: Map<string, number>
  /** Runs as they ended. */
  readonly ended: Map<string, RunView>
  /** Steps a person had to let run again, by run, and the reason that was given. */
  readonly attended: { readonly run: string; readonly step: string; readonly why: string }[]
  readonly faults: string[]
}

export const newRecord = (): Record => ({ accepted: new Map(), acknowledged: new Map(), ended: new Map(), attended: [], faults: [] })

export const openRuns = ({ accepted, ended }: Record) => [...accepted.keys()].filter((run) => !ended.has(run))

/** Delivers one commit after the other, a few at a time, one in eight of them broken, until told to end. */
export async function deliverCommits(target: Asked, repository: Repository, random: Random, record: Record, until: AbortSignal) {
  while (!until.aborted) {
    await sleep(20)
    if (openRuns(record).length >= inFlight) continue
    const commit = await repository.commit(random.chance(1 / 8))
    await deliver(target, repository, commit, record)
  }
}

export async function deliver(target: Asked, repository: Repository, commit: Commit, record: Record): Promise<string | undefined> {
  return answered(async () => {
    const order = { repository: repository.folder, revision: commit.sha }
    const { run } = await target.ask<{ run: RunView }>('POST', '/deliveries', order)
    record.accepted.set(run.id, commit)
    return run.id
  })
}

/** Records events one after the other and, like a careful sender, sends again what was not acknowledged. */
export async function sendEvents(target: Asked, record: Record, until: AbortSignal) {
  const events = delivery('chaos')
  let event: CloudEvent = events.next().value!
  while (!until.aborted) {
    const receipt = await answered(() => target.ask<{ seq: number }>('POST', '/events', event, 'application/cloudevents+json'))
    if (receipt !== undefined) {
      record.acknowledged.set(`${event.source} ${event.id}`, receipt.seq)
      event = events.next().value!
    }
    await sleep(receipt === undefined ? 50 : 5)
  }
}

/** Looks after runs as a person would: notes how they end, lets run again what asks for it, starts a stopped line. */
export async function attendRuns(target: Asked, record: Record, until: AbortSignal) {
  while (!until.aborted) {
    for (const id of openRuns(record)) {
      const run = await answered(() => target.ask<RunView>('GET', `/runs/${id}`))
      if (run && over.has(run.state)) record.ended.set(id, run)
      if (run?.state === 'needs-attention') await answered(() => attend(target, run, record))
    }
    await answered(() => restartLine(target, record))
    await sleep(100)
  }
}

async function attend(target: Asked, run: RunView, record: Record): Promise<void> {
  for (const { name, state, waiting } of run.steps) {
    if (state !== 'needs-attention') continue
    if (record.attended.filter((once) => once.run === run.id && once.step === name).length === patience) {
      record.faults.push(`${run.id} ${name} needs attention again and again: ${waiting?.why}`)
      await target.ask('POST', `/runs/${run.id}/cancel`, { reason: 'it cannot be helped' })
      return
    }
    await target.ask('POST', `/runs/${run.id}/rerun`, { from: name, reason: 'its outcome was lost' })
    record.attended.push({ run: run.id, step: name, why: waiting?.why ?? '' })
  }
}

/** The check that may not run twice: its machine went, a power cut took it, or it was killed beside its server. */
const lostForGood =
  /once: (".*", which worked on it, fell silent|its process vanished without an exit code|it was killed while the server was away)/

/** No commit of ours breaks a line: whatever stops it blames a candidate for what the kills did. */
async function restartLine(target: Asked, record: Record): Promise<void> {
  if (record.accepted.size === 0) return
  const { line } = await target.ask<StreamView>('GET', `/streams/${stream}`)
  for (const { id, reason } of line.stops) {
    // Whether the trunk is good is not known when a check that may not run twice went with its machine: that stops the line, as it should.
    if (!lostForGood.test(reason)) record.faults.push(`the line was stopped by a kill: ${reason}`)
    await target.ask('POST', `/streams/${stream}/start`, { stop: id, reason: 'the candidate is not to blame' })
  }
}

/** undefined when nobody answered. */
async function answered<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof NoAnswer) return undefined
    throw error
  }
}
