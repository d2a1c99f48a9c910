import { instantOf, type Instant } from '../../kernel/clock.ts'
import type { Outcome, Told } from '../../flow/history/history.port.ts'
import type { Span } from './span.ts'

/** What spans say, and where it was found: an URI reference. */
export type ToldBySpan = { readonly source: string; readonly told: readonly Told[] }

const million = 1_000_000n
const latest = BigInt(Date.UTC(2200, 0, 1)) * million

/**
 * What a span says of a delivery, by the semantic conventions for CI/CD, VCS and deployments (OpenTelemetry, `cicd.*`, `vcs.*`,
 * `deployment.*`): a run of a pipeline, a task in it, a deployment. Most spans say nothing of one.
 * @returns a sentence when it says half of it
 */
export function tellOf(span: Span): ToldBySpan | string | undefined {
  const words = wordsOf(span)
  const [ran, deployed] = [runTold(words), isDeployment(words) ? deploymentTold(words) : []]
  if (ran.length === 0 && deployed.length === 0) return undefined
  const at = `span "${span.name}" (${span.traceId}/${span.spanId})`
  if (span.start === 0n || span.end < span.start || span.end > latest) return `${at} has no beginning or ends before it`
  if (typeof deployed === 'string') return `${at} deploys, but says not ${deployed}`
  const { all, repository, stream } = words
  return {
    source: `/otlp/${encodeURIComponent(all('cicd.pipeline.name') ?? repository ?? stream ?? 'unknown')}`,
    told: [...ran, ...deployed],
  }
}

type Words = ReturnType<typeof wordsOf>

function wordsOf(span: Span) {
  const of = (name: string) => span.attributes.get(name)
  // The conventions let what holds for a whole run stand with whatever sends the spans of it.
  const all = (name: string) => of(name) ?? span.resource.get(name)
  return {
    span,
    of,
    all,
    repository: repositoryOf(all),
    commit: commitOf(all),
    stream: all('service.name')?.replace(/^unknown_service.*/, '') || undefined,
    environment: of('deployment.environment.name'),
    outcome: outcomeOf(of('cicd.pipeline.task.run.result') ?? of('cicd.pipeline.result'), span.failed),
    key: (what: string) => `${span.traceId}-${span.spanId}-${what}`,
  }
}

/** @returns nothing when it is neither a run nor a task of one */
function runTold({ span, of, all, outcome, key, repository, commit, stream, environment }: Words): readonly Told[] {
  const task = of('cicd.pipeline.task.run.id')
  const isRun = of('cicd.pipeline.run.id') !== undefined || of('cicd.pipeline.result') !== undefined
  const run = task !== undefined || isRun ? all('cicd.pipeline.run.id') : undefined
  if (task === undefined && run === undefined) return []
  const name = of('cicd.pipeline.task.name') ?? all('cicd.pipeline.name') ?? span.name
  const common = { repository, commit, stream, environment, name }
  const started = { id: key('started'), at: instant(span.start), phase: 'started' } as const
  const finished = { id: key('finished'), at: instant(span.end), phase: 'finished', outcome } as const
  // A task whose run is not named belongs to its trace.
  const mine = { ...common, kind: 'task', run: run ?? span.traceId, url: urlOf(of('cicd.pipeline.task.run.url.full')) } as const
  if (task !== undefined)
    return [
      { ...mine, ...started, task },
      { ...mine, ...finished, task },
    ]
  const whole = { ...common, kind: 'run', run: run!, url: urlOf(all('cicd.pipeline.run.url.full')) } as const
  return [
    { ...whole, ...started },
    { ...whole, ...finished },
  ]
}

/** That an application which sends spans runs in an environment is no deployment; a task that deploys is, and what has a status as one. */
const isDeployment = ({ of }: Words) =>
  of('deployment.status') !== undefined || of('deployment.id') !== undefined || of('cicd.pipeline.task.type') === 'deploy'

/** @returns the attributes that are missing */
function deploymentTold({ span, of, all, outcome, key, repository, commit, stream, environment }: Words): readonly Told[] | string {
  const whose = stream ?? repository ?? all('cicd.pipeline.name')
  const version = all('service.version') ?? commit
  const needed = { 'service.name': whose, 'deployment.environment.name': environment, 'service.version or vcs.ref.head.revision': version }
  if (whose === undefined || version === undefined || environment === undefined)
    return Object.entries(needed)
      .flatMap(([name, value]) => (value === undefined ? [name] : []))
      .join(', ')
  const failed = of('deployment.status') === 'failed' || outcome !== 'success'
  return [{ kind: 'deployment', id: key('deployed'), at: instant(span.end), stream: whose, environment, version, commit, failed }]
}

const repositoryOf = (all: (name: string) => string | undefined) => {
  const [owner, name] = [all('vcs.owner.name'), all('vcs.repository.name')]
  if (name !== undefined) return owner === undefined || name.includes('/') ? name : `${owner}/${name}`
  const url = all('vcs.repository.url.full')
  return url?.replace(/^[a-z+]+:\/\/(?:[^@/]*@)?[^/]+\//i, '').replace(/\.git$/, '')
}

const commitOf = (all: (name: string) => string | undefined) => {
  const revision = all('vcs.ref.head.revision')
  return revision !== undefined && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(revision) ? revision : undefined
}

const urlOf = (text: string | undefined) => (text !== undefined && URL.canParse(text) ? text : undefined)

/** `cicd.pipeline.result` to the outcomes of CDEvents. What was skipped or ran out of time did not succeed. */
function outcomeOf(result: string | undefined, failed: boolean): Outcome {
  switch (result) {
    case 'success':
      return 'success'
    case 'failure':
      return 'failure'
    case 'error':
    case 'timeout':
      return 'error'
    case 'cancellation':
    case 'cancelled':
    case 'skip':
    case 'skipped':
      return 'cancel'
    default:
      return failed ? 'failure' : 'success'
  }
}

const instant = (nanoseconds: bigint): Instant => instantOf(Number(nanoseconds / million))
