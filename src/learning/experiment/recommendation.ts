import type { Looking } from './looks.ts'
import type { ExperimentPlan } from './plan.ts'
import type { Result } from './result.ts'
import type { Split } from './split.ts'

/** What follows for one treatment by the rule that was written down. People decide; that they decided otherwise is told beside it. */
export type Recommendation = {
  readonly arm: string
  readonly action: 'ship' | 'turn back' | 'keep control' | 'go on' | 'find out why'
  /** Sentences for people. */
  readonly because: readonly string[]
}

export function recommended(plan: ExperimentPlan, split: Split, looking: Looking, results: readonly Result[]): Recommendation[] {
  const treatments = plan.arms.slice(1).map(({ key }) => key)
  if (split.verdict === 'wrong') {
    const because = [`the arms do not have the sizes asked for (p = ${split.p.toPrecision(2)}): nothing that they say can be believed`]
    return treatments.map((arm) => ({ arm, action: 'find out why', because }))
  }
  return treatments.map((arm) =>
    ofTreatment(
      plan,
      looking,
      arm,
      results.filter((result) => result.arm === arm),
    ),
  )
}

function ofTreatment(plan: ExperimentPlan, looking: Looking, arm: string, results: readonly Result[]): Recommendation {
  const named = (role: Result['role'], verdict: Result['verdict']) =>
    results.filter((result) => result.role === role && result.verdict === verdict).map(({ metric }) => metric)
  const worse = [...named('guardrail', 'worse'), ...named('decision', 'worse')]
  if (worse.length > 0) return { arm, action: 'turn back', because: worse.map((metric) => `${metric} got worse`) }
  const better = named('decision', 'better')
  const undecided = named('decision', 'undecided')
  const unguarded = named('guardrail', 'undecided')
  const isWon = better.length > 0 && (plan.shipWhen === 'any' || undecided.length === 0)
  if (isWon && unguarded.length === 0) return { arm, action: 'ship', because: better.map((metric) => `${metric} got better`) }
  const because = [
    ...better.map((metric) => `${metric} got better`),
    ...undecided.map((metric) => `${metric} is undecided`),
    ...unguarded.map((metric) => `${metric} is not yet known to be no worse than its margin`),
  ]
  if (isOver(plan, looking)) return { arm, action: 'keep control', because: ['everything planned was looked at', ...because] }
  return { arm, action: 'go on', because: looking.may ? because : [looking.why, ...because] }
}

const isOver = (plan: ExperimentPlan, looking: Looking): boolean =>
  looking.may ? looking.isLast : plan.units !== undefined && looking.unitsMissing === 0
