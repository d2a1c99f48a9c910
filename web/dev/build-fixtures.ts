import { createHash } from 'node:crypto'
import type { CandidateCard, RunSummary, RunView, StageView, StepState, StepView, StopView, Waiting } from '../src/api/types.ts'

/** Small words for big shapes, so that a fixture reads as the situation it shows. */

export const minute = 60
export const hour = 3600

export type Clock = { readonly ago: (seconds: number) => string }
export const clockAt = (now: number): Clock => ({ ago: (seconds) => new Date(now - seconds * 1000).toISOString() })

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
export const commitOf = (summary: string) => hash(`commit ${summary}`).slice(0, 40)
export const digestOf = (summary: string) => `sha256:${hash(summary)}`
export const runOf = (summary: string) => {
  const text = hash(`run ${summary}`)
  return `0199${text.slice(0, 4)}-${text.slice(4, 8)}-7${text.slice(8, 11)}-${text.slice(11, 15)}-${text.slice(15, 27)}`
}

export function card(clock: Clock, author: string, summary: string, committed: number): CandidateCard {
  return {
    digest: digestOf(summary),
    commit: commitOf(summary),
    author,
    summary,
    committedAt: clock.ago(committed),
    builtAt: clock.ago(Math.max(0, committed - 40)),
  }
}

export function run(clock: Clock, author: string, summary: string, queued: number, extra: Partial<RunSummary> = {}): RunSummary {
  return {
    id: runOf(summary),
    stream: 'parts-unlimited',
    commit: commitOf(summary),
    branch: 'main',
    author,
    summary,
    committedAt: clock.ago(queued + 20),
    candidate: digestOf(summary),
    state: 'succeeded',
    queuedAt: clock.ago(queued),
    finishedAt: clock.ago(Math.max(0, queued - 47)),
    stage: 'production',
    message: null,
    fixesStop: null,
    ...extra,
  }
}

export function stage(name: string, after: readonly string[], extra: Partial<StageView> = {}): StageView {
  return {
    name,
    after: [...after],
    checks: [],
    strategy: 'blue-green',
    environment: {
      id: `parts-unlimited/${name}`,
      ephemeral: false,
      state: 'ready',
      urls: { web: `http://127.0.0.1:${41000 + name.length}` },
    },
    running: null,
    candidates: [],
    held: [],
    ...extra,
  }
}

export function waiting(clock: Clock, kind: Waiting['kind'], why: string, whom: string, since: number): Waiting {
  return { kind, why, for: whom, since: clock.ago(since) }
}

export function stop(clock: Clock, since: number, extra: Partial<StopView> = {}): StopView {
  return {
    id: 'stop-7f3a91c2',
    stream: 'parts-unlimited',
    scope: 'service/parts-unlimited',
    owner: null,
    reason: 'checkout answers 500 in production',
    by: 'threeways',
    since: clock.ago(since),
    cause: 'rollback',
    commit: null,
    candidate: null,
    run: null,
    ...extra,
  }
}

type StepWords = { readonly name: string; readonly title: string; readonly takes: number; readonly kind?: string }
const plan: readonly StepWords[] = [
  { name: 'checkout', title: 'Clean checkout', takes: 0.8 },
  { name: 'build', title: 'Build', takes: 6.4 },
  { name: 'pack', title: 'Pack the artifact', takes: 1.2 },
  { name: 'dev/deploy', title: 'Deploy to dev', takes: 1.9 },
  { name: 'dev/check/unit', title: 'unit', takes: 5.1, kind: 'check' },
  { name: 'dev/check/lint', title: 'lint', takes: 2.2, kind: 'check' },
  { name: 'test/gate', title: 'Gate of test', takes: 0.1, kind: 'gate' },
  { name: 'test/deploy', title: 'Deploy to test', takes: 2.3 },
  { name: 'test/check/integration', title: 'integration', takes: 9.6, kind: 'check' },
  { name: 'production/gate', title: 'Gate of production', takes: 0.1, kind: 'gate' },
  { name: 'production/deploy', title: 'Deploy to production', takes: 3.4 },
  { name: 'production/check/smoke', title: 'smoke', takes: 1.7, kind: 'check' },
]
const parallel = new Set(['dev/check/lint'])

/** The steps of a delivery that has come to step `here`, which is in `state` for `since` seconds. All before it succeeded. */
export function steps(clock: Clock, here: string, state: StepState, since: number, extra: Partial<StepView> = {}): StepView[] {
  const at = here === 'end' ? plan.length : plan.findIndex((step) => step.name === here)
  let end = since
  const before = plan
    .slice(0, at)
    .toReversed()
    .map((step) => {
      const started = end + step.takes
      const made = stepView(step, 'succeeded', clock.ago(started), clock.ago(end))
      if (!parallel.has(step.name)) end = started
      return made
    })
    .toReversed()
  const current = plan[at]
  if (current === undefined) return before
  const started = state === 'waiting' || state === 'pending' ? null : clock.ago(since)
  const finished = state === 'failed' ? clock.ago(Math.max(0, since - current.takes)) : null
  const later = plan.slice(at + 1).map((step) => stepView(step, state === 'failed' ? 'skipped' : 'pending', null, null))
  return [...before, { ...stepView(current, state, started, finished), ...extra }, ...later]
}

function stepView(
  { name, title, kind = 'deploy' }: StepWords,
  state: StepState,
  startedAt: string | null,
  finishedAt: string | null,
): StepView {
  const index = plan.findIndex((step) => step.name === name)
  const needs = parallel.has(name) ? ['dev/deploy'] : index > 0 ? [plan[index - 1]!.name] : []
  const isTest = name.includes('/check/') && !name.endsWith('lint')
  return {
    name,
    kind,
    stage: name.includes('/') ? (name.split('/')[0] ?? null) : null,
    title,
    needs,
    state,
    attempt: 1,
    waiting: null,
    startedAt,
    finishedAt,
    message: null,
    hasLog: startedAt !== null && kind !== 'gate',
    drifted: [],
    tests: isTest && state === 'succeeded' ? { total: name.endsWith('unit') ? 48 : 12, failed: 0, skipped: 1, failures: [] } : null,
  }
}

export const withSteps = (summary: RunSummary, itsSteps: readonly StepView[]): RunView => ({
  ...summary,
  steps: [...itsSteps],
  emergencies: [],
  bypasses: [],
})
