import type { ApprovalView, Asker, CandidateStory, EstateRow, RunSummary, RunView, StreamView } from '../src/api/types.ts'
import { digestOf, steps, withSteps, type Clock } from './build-fixtures.ts'

export type Fixture = {
  /** What the visitor may do with what waits; else everything. */
  readonly can?: ApprovalView['can']
  /** What the visitor's token is good for; else everything. */
  readonly scopes?: Asker['scopes']
  readonly streams: readonly StreamView[]
  /** Rows of the estate beside those of the streams. */
  readonly more?: readonly EstateRow[]
  readonly runs: readonly RunView[]
  readonly stories: readonly CandidateStory[]
  /** Log text by run and step, and whether it is still written. */
  readonly logs: Readonly<Record<string, { readonly text: string; readonly complete: boolean }>>
}

export const log = `${'\x1b[36m$ npm test\x1b[0m\n\n'}${Array.from({ length: 48 }, (_, i) => ` \x1b[32m✓\x1b[39m cart ${i + 1} keeps its parts \x1b[2m${3 + (i % 9)} ms\x1b[22m`).join('\n')}\n\n\x1b[1mTests  \x1b[32m48 passed\x1b[0m\n`

export function fixtureOf(
  clock: Clock,
  view: StreamView,
  runs: readonly RunView[],
  logs: Fixture['logs'] = {},
  others: readonly StreamView[] = [],
): Fixture {
  const detailed = new Map(runs.map((its) => [its.id, its]))
  const all = view.runs.map((summary) => detailed.get(summary.id) ?? withSteps(summary, pastSteps(clock, summary)))
  const stories = all.flatMap((its) => (its.candidate === null ? [] : [storyOf(its, view)]))
  const written = all.flatMap((its) =>
    its.steps.filter((step) => step.hasLog).map((step) => [`${its.id} ${step.name}`, { text: log, complete: true }] as const),
  )
  return { streams: [view, ...others], runs: all, stories, logs: { ...Object.fromEntries(written), ...logs } }
}

function pastSteps(clock: Clock, summary: RunSummary): RunView['steps'] {
  if (summary.state === 'queued') return []
  const end = (Date.now() - Date.parse(summary.finishedAt ?? summary.queuedAt)) / 1000
  if (summary.state !== 'failed') return steps(clock, 'end', 'succeeded', end)
  return steps(clock, 'test/check/integration', 'failed', end + 10, { message: summary.message })
}

function storyOf(its: RunView, view: StreamView): CandidateStory {
  const found = view.stages.flatMap((place) => place.candidates).find(({ run: id }) => id === its.id)?.card
  const itsCard = found ?? {
    digest: digestOf(its.summary),
    commit: its.commit,
    author: its.author,
    summary: its.summary,
    committedAt: its.committedAt,
    builtAt: its.queuedAt,
  }
  const short = its.commit.slice(0, 7)
  const finished = its.steps.filter((step) => step.finishedAt !== null)
  const sentences = [
    { time: its.queuedAt, type: 'dev.cdevents.change.merged.0.3.0', sentence: `${its.author} brought ${short} to main: ${its.summary}` },
    ...finished.map((step) => ({
      time: step.finishedAt!,
      type: step.name.includes('/check/')
        ? 'dev.cdevents.testcaserun.finished.0.3.0'
        : step.name === 'pack'
          ? 'dev.cdeventsx.threeways-candidate.built.0.1.0'
          : step.name.endsWith('deploy')
            ? 'dev.cdevents.service.deployed.0.3.0'
            : 'dev.cdevents.taskrun.finished.0.3.0',
      sentence:
        step.state === 'failed'
          ? `${step.title} failed: ${step.message ?? ''}`
          : step.name === 'pack'
            ? `The candidate was built from ${short}`
            : step.name.endsWith('deploy')
              ? `${step.title.replace('Deploy to ', '')} runs the candidate`
              : `${step.title} passed`,
    })),
  ]
  return {
    card: itsCard,
    stream: its.stream,
    artifact: digestOf(`artifact ${its.summary}`),
    environment: digestOf('environment'),
    runs: [its],
    events: sentences.map((said, index) => ({ seq: 214 + index * 3, subject: itsCard.digest, ...said })),
    deployments: view.stages
      .filter((place) => place.running?.card.digest === itsCard.digest)
      .map((place) => ({ environment: place.environment?.id ?? place.name, service: 'web', since: place.running!.since })),
  }
}
