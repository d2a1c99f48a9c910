import type { Stage } from '../definition/definition.ts'
import type { EnvironmentId, Observed } from '../environment/provider.port.ts'
import { environmentOf } from './place.ts'
import type { Promotion } from './projection.ts'
import type { CandidateCard, StageCandidate, StageView } from './schemas.ts'
import { candidatesShown, type RunFacts, type StreamFacts } from './stream-facts.ts'

/** What the facts of a stream refer to. */
export type Sight = {
  readonly cards: ReadonlyMap<string, CandidateCard>
  readonly observed: ReadonlyMap<EnvironmentId, Observed>
}

/** Digests whose cards a stream's stages show. */
export const candidatesIn = ({ entered, held }: StreamFacts): readonly string[] => [...entered, ...held].map(({ candidate }) => candidate)

/** Event times carry nine decimals so that their text sorts; people get milliseconds. */
export const toInstant = (time: string | null): string => new Date(time ?? 0).toISOString()

const firstLine = (text: string | null): string | null => text?.split('\n', 1)[0] ?? null

export function viewStage(facts: StreamFacts, stage: Stage, { cards, observed: all }: Sight): StageView {
  const run = facts.runs[0]!
  const entered = facts.entered.filter((promotion) => promotion.stage === stage.name)
  const inside = entered.flatMap((promotion) => enteredCandidate(promotion, cards, facts))
  const waiting = facts.runs.flatMap((waiting) => waitingCandidate(waiting, facts, stage.name))
  const observed = all.get(environmentOf(run, stage))
  return {
    name: stage.name,
    after: [...stage.after],
    checks: [...stage.checks, ...stage.smoke],
    strategy: stage.environment === undefined ? null : stage.deploy.strategy,
    environment: stage.environment === undefined ? null : environmentView(run, stage, observed, inside),
    running: observed?.traffic === undefined ? null : runningView(facts, observed, cards, entered),
    candidates: [...waiting, ...inside].slice(0, candidatesShown),
    held: facts.held.flatMap(({ stage: where, candidate, reason, since }) => {
      const card = where === stage.name ? cards.get(candidate) : undefined
      return card ? [{ card, reason: firstLine(reason) ?? '', since: toInstant(since) }] : []
    }),
  }
}

function waitingCandidate(run: RunFacts, { active }: StreamFacts, stage: string): StageCandidate[] {
  const step = active.find((candidate) => candidate.run === run.id && candidate.name === `${stage}/promote`)
  if (step?.state !== 'waiting' || step.waiting === null) return []
  const { commit, author, summary, committedAt } = run
  const card = { digest: run.candidate ?? '', commit, author, summary, committedAt, builtAt: null }
  return [{ card, run: run.id, state: 'waiting', since: step.waiting.since, waiting: step.waiting, message: null }]
}

function enteredCandidate(promotion: Promotion, cards: Sight['cards'], { active }: StreamFacts): StageCandidate[] {
  const card = cards.get(promotion.candidate)
  if (!card) return []
  const state = promotion.state === 'cancelled' ? 'failed' : (promotion.state as StageCandidate['state'])
  const waiting =
    active.find((step) => step.run === promotion.run && step.stage === promotion.stage && step.waiting !== null)?.waiting ?? null
  return [{ card, run: promotion.run ?? '', state, since: toInstant(promotion.since), waiting, message: firstLine(promotion.message) }]
}

function environmentView(
  run: RunFacts,
  stage: Stage,
  observed: Observed | undefined,
  inside: readonly StageCandidate[],
): NonNullable<StageView['environment']> {
  const arriving = inside.some((candidate) => candidate.state === 'running')
  const known = observed === undefined ? 'absent' : stateOf(observed)
  const state = arriving && observed?.traffic === undefined ? 'starting' : known
  return {
    id: stage.ephemeral ? `${run.stream}/${stage.environment}` : environmentOf(run, stage),
    ephemeral: stage.ephemeral,
    state,
    urls: { ...observed?.urls },
  }
}

export function stateOf({ exists, traffic, services }: Observed): NonNullable<StageView['environment']>['state'] {
  if (!exists) return 'absent'
  if (traffic === undefined) return services.length > 0 ? 'starting' : 'stopped'
  const serving = services.filter(({ candidate }) => candidate === traffic)
  if (serving.every(({ state }) => state === 'stopped')) return 'stopped'
  return serving.every(({ state }) => state === 'ready')
    ? 'ready'
    : serving.some(({ state }) => state === 'starting')
      ? 'starting'
      : 'unhealthy'
}

function runningView(
  { running }: StreamFacts,
  { environment, traffic }: Observed,
  cards: Sight['cards'],
  entered: readonly Promotion[],
): StageView['running'] {
  const card = cards.get(traffic!)
  if (!card) return null
  const since = running.find((row) => row.environment === environment && row.candidate === traffic)
  const verified = entered.find(({ candidate }) => candidate === traffic)?.verifiedAt != null
  return { card, since: toInstant(since?.since ?? card.builtAt), verified }
}
