import type { Fact } from '../../ledger/event.ts'
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
}

/** Runs of other people's pipelines. Our own are told by the pipeline itself. */
export const runHistory = projection({ table: 'run_history', key: ['source', 'run'], columns, indexes: [['commit']] })
  .on(runQueued, (fact) => runOf(fact, { queued: fact.time }))
  .on(runStarted, (fact) => runOf(fact, { started: fact.time }))
  .on(runFinished, (fact) => runOf(fact, { finished: fact.time, outcome: text(fact.content.outcome) }))

/** Jobs in them. */
export const taskHistory = projection({ table: 'task_history', key: ['source', 'run', 'task'], columns })
  .on(stepStarted, (fact) => taskOf(fact, { started: fact.time, ...queuedOf(fact) }))
  .on(stepFinished, (fact) => taskOf(fact, { finished: fact.time, outcome: text(fact.content.outcome) }))

function runOf(fact: Fact<Words>, times: Words) {
  if (isOurs(fact)) return []
  return [{ source: fact.source, run: fact.subject, ...wordsOf(fact, 'pipelineName'), ...times }]
}

function taskOf(fact: Fact<Words>, times: Words) {
  const run = (fact.content['pipelineRun'] as { readonly id?: string } | undefined)?.id
  if (isOurs(fact) || run === undefined) return []
  return [{ source: fact.source, run, task: fact.subject, ...wordsOf(fact, 'taskName'), ...times }]
}

const isOurs = ({ source }: Pick<Fact, 'source'>) => source.startsWith('/threeways')
const queuedOf = ({ custom }: Pick<Fact, 'custom'>) => (text(custom['queued']) === null ? {} : { queued: text(custom['queued']) })

function wordsOf({ content, custom }: Fact<Words>, nameOf: string) {
  const known: Record<string, string | number> = {}
  for (const name of ['repository', 'commit', 'stream', 'environment'] as const) {
    const value = text(custom[name])
    if (value !== null) known[name] = value
  }
  const [name, url, { attempt }] = [text(content[nameOf]), text(content['uri']), custom]
  return {
    ...known,
    ...(name === null ? {} : { name }),
    ...(url === null || !url.startsWith('http') ? {} : { url }),
    ...(typeof attempt === 'number' ? { attempt } : {}),
  }
}

export type PastRun = Row<typeof runHistory>
export type PastTask = Row<typeof taskHistory>
