import { z } from 'zod'

/** Shapes the API answers with about deliveries: validated, in OpenAPI, and the types of the page and the CLI. */

const instant = z.iso.datetime().meta({ description: 'UTC, RFC 3339' })

export const Waiting = z
  .object({
    kind: z.enum([
      'line',
      'hold',
      'policy',
      'approval',
      'soak',
      'shadow',
      'window',
      'gate',
      'stage',
      'environment',
      'slot',
      'retry',
      'attention',
      'server',
      'worker',
      'canary',
      'provenance',
      'secret',
    ]),
    why: z.string().meta({ description: 'one sentence, with the names of things' }),
    for: z.string().meta({ description: 'who or what can end the wait' }),
    since: instant,
    until: instant.optional().meta({ description: 'when it ends by itself, where that is known' }),
  })
  .meta({ id: 'Waiting' })
export type Waiting = z.infer<typeof Waiting>

export const CandidateCard = z
  .object({
    digest: z.string(),
    commit: z.string(),
    author: z.string(),
    summary: z.string().meta({ description: 'first line of the commit message' }),
    committedAt: instant,
    builtAt: instant.nullable(),
  })
  .meta({ id: 'CandidateCard' })
export type CandidateCard = z.infer<typeof CandidateCard>

export const StepState = z.enum(['pending', 'waiting', 'running', 'succeeded', 'failed', 'cancelled', 'skipped', 'needs-attention'])
export type StepState = z.infer<typeof StepState>

export const StepView = z
  .object({
    name: z.string().meta({ description: 'unique in its run: `build`, `test/deploy`, `test/check/unit`' }),
    kind: z.string(),
    stage: z.string().nullable().meta({ description: 'null: belongs to making the candidate' }),
    title: z.string(),
    needs: z.array(z.string()),
    state: StepState,
    attempt: z.int(),
    waiting: Waiting.nullable(),
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
    message: z.string().nullable().meta({ description: 'why it failed or what it found' }),
    hasLog: z.boolean(),
    drifted: z.array(z.string()).meta({ description: 'of a check: what of its environment had drifted while it ran, `file-changed web`' }),
    tests: z
      .object({ total: z.int(), failed: z.int(), skipped: z.int(), failures: z.array(z.object({ name: z.string(), message: z.string() })) })
      .nullable(),
  })
  .meta({ id: 'Step' })
export type StepView = z.infer<typeof StepView>

export const RunState = z.enum(['queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled', 'needs-attention'])
export type RunState = z.infer<typeof RunState>

export const RunSummary = z
  .object({
    id: z.string(),
    stream: z.string(),
    commit: z.string(),
    branch: z.string().nullable(),
    author: z.string(),
    summary: z.string(),
    committedAt: instant,
    candidate: z.string().nullable().meta({ description: 'digest; null until it is built' }),
    state: RunState,
    queuedAt: instant,
    finishedAt: instant.nullable(),
    stage: z.string().nullable().meta({ description: 'the stage it is in, or ended in' }),
    message: z.string().nullable(),
    fixesStop: z.string().nullable(),
  })
  .meta({ id: 'RunSummary' })
export type RunSummary = z.infer<typeof RunSummary>

export const Emergency = z.object({ stage: z.string(), by: z.string(), reason: z.string(), at: instant, stops: z.array(z.string()) })
export type Emergency = z.infer<typeof Emergency>

export const Bypass = z.object({
  stage: z.string(),
  gate: z.enum(['soak', 'shadow', 'window']),
  by: z.string(),
  reason: z.string(),
  at: instant,
  until: instant.nullable().meta({ description: 'when the gate would have opened by itself; it counts until then' }),
})
export type Bypass = z.infer<typeof Bypass>

export const RunView = RunSummary.extend({
  steps: z.array(StepView),
  emergencies: z.array(Emergency).meta({ description: 'a person let it past these stops of the line' }),
  bypasses: z.array(Bypass).meta({ description: 'a person let it pass these gates before their time, oldest first' }),
}).meta({ id: 'Run' })
export type RunView = z.infer<typeof RunView>

export const StopView = z
  .object({
    id: z.string(),
    stream: z.string(),
    reason: z.string(),
    by: z.string(),
    since: instant,
    scope: z.string().meta({ description: 'what it covers: `all`, `service/…`, `stage/…`, `environment/…`' }),
    owner: z.string().nullable().meta({ description: 'who leads the way out' }),
    cause: z.enum(['person', 'rollback', 'canary', 'red-trunk', 'undecided', 'batch']),
    commit: z.string().nullable(),
    candidate: z.string().nullable(),
    run: z.string().nullable(),
  })
  .meta({ id: 'Stop' })
export type StopView = z.infer<typeof StopView>

export const StageCandidate = z
  .object({
    card: CandidateCard,
    run: z.string(),
    state: z.enum(['waiting', 'running', 'verified', 'failed', 'rolled-back']),
    since: instant,
    waiting: Waiting.nullable(),
    message: z.string().nullable(),
  })
  .meta({ id: 'StageCandidate' })
export type StageCandidate = z.infer<typeof StageCandidate>

export const StageView = z
  .object({
    name: z.string(),
    after: z.array(z.string()),
    checks: z.array(z.string()),
    strategy: z.string().nullable(),
    environment: z
      .object({
        id: z.string(),
        ephemeral: z.boolean(),
        state: z.enum(['absent', 'starting', 'ready', 'unhealthy', 'stopped']),
        urls: z.record(z.string(), z.string()),
      })
      .nullable(),
    running: z
      .object({ card: CandidateCard, since: instant, verified: z.boolean() })
      .nullable()
      .meta({ description: 'what serves in its environment' }),
    candidates: z.array(StageCandidate).meta({ description: 'newest first, at most 10' }),
    held: z.array(z.object({ card: CandidateCard, reason: z.string(), since: instant })),
  })
  .meta({ id: 'Stage' })
export type StageView = z.infer<typeof StageView>

export const StreamView = z
  .object({
    stream: z.string(),
    repository: z.string().nullable(),
    line: z.object({ status: z.enum(['open', 'stopped']), stops: z.array(StopView) }),
    stages: z.array(StageView).meta({ description: 'from left to right' }),
    runs: z.array(RunSummary).meta({ description: 'newest first, at most 20' }),
  })
  .meta({ id: 'ValueStream' })
export type StreamView = z.infer<typeof StreamView>

export const StoryEvent = z
  .object({
    seq: z.int(),
    type: z.string(),
    time: instant,
    subject: z.string(),
    sentence: z.string().meta({ description: 'what happened, for people' }),
  })
  .meta({ id: 'StoryEvent' })
export type StoryEvent = z.infer<typeof StoryEvent>

export const CandidateStory = z
  .object({
    card: CandidateCard,
    stream: z.string(),
    artifact: z.string(),
    environment: z.string().meta({ description: 'digest of the normalised definition, lock files and tool versions' }),
    runs: z.array(RunView),
    events: z.array(StoryEvent).meta({ description: 'in event time' }),
    deployments: z.array(z.object({ environment: z.string(), service: z.string(), since: instant })),
  })
  .meta({ id: 'CandidateStory' })
export type CandidateStory = z.infer<typeof CandidateStory>

const count = z.int().min(0)

export const ApprovalView = z
  .object({
    run: z.string(),
    stream: z.string(),
    stage: z.string(),
    step: z.string().meta({ description: 'the step that waits' }),
    candidate: z.string().nullable(),
    commit: z.string(),
    author: z.string(),
    summary: z.string(),
    committedAt: instant,
    waiting: Waiting,
    also: z.array(Waiting).meta({ description: 'other waits of the same candidate that people can end' }),
    who: z.string().meta({ description: 'who may act, by the policy of the server' }),
    approvals: z
      .object({
        needed: z.int(),
        given: z.array(z.object({ by: z.string(), reason: z.string(), at: instant })),
        reason: z.boolean().meta({ description: 'an approval must say why' }),
      })
      .nullable()
      .meta({ description: 'null: it does not wait for approvals' }),
    can: z.array(z.enum(['approve', 'reject', 'promote', 'bypass', 'rerun', 'cancel'])).meta({ description: 'what the asker may do' }),
    differs: z
      .object({
        from: z.string().meta({ description: 'the commit that was verified there last' }),
        commits: z
          .array(z.object({ commit: z.string(), author: z.string(), summary: z.string(), committedAt: instant }))
          .meta({ description: 'newest first, at most 20' }),
        commitsTotal: count,
        filesTotal: count,
        unknown: z.string().nullable().meta({ description: 'why it cannot be told' }),
      })
      .nullable()
      .meta({ description: 'what it would bring; null: nothing was verified there before' }),
  })
  .meta({ id: 'Approval' })
export type ApprovalView = z.infer<typeof ApprovalView>

export const HoldView = z
  .object({
    stream: z.string(),
    stage: z.string(),
    candidate: z.string(),
    commit: z.string(),
    reason: z.string(),
    since: instant,
    run: z.string(),
  })
  .meta({ id: 'Hold' })
export type HoldView = z.infer<typeof HoldView>

export const GateView = z
  .object({
    stream: z.string(),
    stage: z.string(),
    gate: z.string(),
    asked: count.meta({ description: 'candidates that came to the stage' }),
    delayed: count.meta({ description: 'of these, for how many it was closed at some time' }),
    waiting: count.meta({ description: 'waits that are not over' }),
    waitedMs: z
      .object({ p50: z.number(), p95: z.number(), max: z.number() })
      .nullable()
      .meta({ description: 'how long it was closed for a candidate; one that is not over counts with its age. null: no data' }),
    bypassed: count,
    caught: z
      .object({ rejected: count, superseded: count, cancelled: count, held: count })
      .meta({ description: 'what became of candidates while it was closed; held: something was found wrong and rolled back meanwhile' }),
  })
  .meta({ id: 'Gate' })
export type GateView = z.infer<typeof GateView>

export const MachineView = z
  .object({
    id: z.string().meta({ description: 'of its data folder' }),
    name: z.string(),
    role: z.enum(['server', 'worker']),
    labels: z.record(z.string(), z.string()),
    capacity: z.int().meta({ description: 'steps at the same time' }),
    busy: z.int().meta({ description: 'steps it works on' }),
    state: z.enum(['at work', 'away', 'forgotten']),
    seenAt: z.iso.datetime(),
    url: z.string().nullable(),
  })
  .meta({ id: 'Machine' })
export type MachineView = z.infer<typeof MachineView>
