import type { Fact } from '../../ledger/event.ts'
import { normaliseTime } from '../../ledger/time.ts'
import { first, max, min, projection, type Row } from '../../ledger/projection.ts'
import { runFinished, runQueued, runStarted, stepFinished, stepStarted } from '../pipeline/events.ts'

type Words = Readonly<Record<string, unknown>>
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)

const columns = {
  name: first.text,
  repository: first.text,
  commit: first.text,
  stream: first.text,
  environment: first.text,
  queued: min.text,
  started: min.text,
  // A host that alters a run later does not end it later.
  finished: min.text,
  outcome: first.text,
  attempt: max.bigint,
  url: first.text,
  /** Of our own: a run is a delivery or a rollback, a task what kind of step. Whoever tells of it says the same. */
  kind: min.text,
  /** Of our own steps: which stage they are of; null: they make the candidate. */
  stage: min.text,
}

/** Runs of pipelines, other people's and our own. */
export const runHistory = projection({ table: 'run_history', key: ['source', 'run'], columns, indexes: [['commit']] })
  .on(runQueued, (fact) => runOf(fact, { queued: fact.time }))
  .on(runStarted, (fact) => runOf(fact, { started: fact.time }))
  .on(runFinished, (fact) => runOf(fact, { finished: fact.time, outcome: text(fact.content.outcome) }))

/** Jobs in them. */
export const taskHistory = projection({ table: 'task_history', key: ['source', 'run', 'task'], columns })
  .on(stepStarted, (fact) => taskOf(fact, { started: fact.time, ...waitedSince(fact) }))
  .on(stepFinished, (fact) => taskOf(fact, { finished: fact.time, outcome: text(fact.content.outcome) }))

/** Which run an event is of. Undefined: a task that does not say it. */
export function runNamed({ type, subject, content }: Pick<Fact<Words>, 'type' | 'subject' | 'content'>): string | undefined {
  if (!taskTypes.has(type)) return subject
  return (content['pipelineRun'] as { readonly id?: string } | undefined)?.id
}

const taskTypes = new Set<string>([stepStarted.type, stepFinished.type])
/** What is told of runs and of their tasks. */
export const runTypes: readonly string[] = [runQueued.type, runStarted.type, runFinished.type, ...taskTypes]

function runOf(fact: Fact<Words>, times: Words) {
  return [{ source: fact.source, run: fact.subject, ...wordsOf(fact, 'pipelineName'), ...times }]
}

function taskOf(fact: Fact<Words>, times: Words) {
  const run = runNamed(fact)
  if (run === undefined) return []
  return [{ source: fact.source, run, task: fact.subject, ...wordsOf(fact, 'taskName'), ...times }]
}

/** Whatever others write there: what is no time says nothing. */
function waitedSince({ custom }: Pick<Fact, 'custom'>): { readonly queued?: string } {
  const queued = normaliseTime(text(custom['queued']) ?? '')
  return typeof queued === 'string' ? { queued } : {}
}

function wordsOf({ content, custom }: Fact<Words>, nameOf: string) {
  const known: Record<string, string | number> = {}
  for (const name of ['repository', 'commit', 'stream', 'environment', 'kind', 'stage'] as const) {
    const value = text(custom[name])
    if (value !== null) known[name] = value
  }
  const [name, url, { attempt }] = [text(content[nameOf]), text(content['uri']), custom]
  return {
    ...known,
    ...(name === null ? {} : { name }),
    ...(url === null || !url.startsWith('http') ? {} : { url }),
    ...(Number.isSafeInteger(attempt) ? { attempt: attempt as number } : {}),
  }
}

export type PastRun = Row<typeof runHistory>
export type PastTask = Row<typeof taskHistory>
