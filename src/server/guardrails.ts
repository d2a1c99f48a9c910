import type { Flag, Setting } from '../flow/flags/flag.ts'
import type { Flags } from '../flow/flags/flags.ts'
import { advanced, type OutcomeOf } from '../flow/flags/plan.ts'
import type { FlagSets } from '../flow/flags/serving/sets.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { countsOf } from '../learning/experiment/counts.ts'
import { harmOf, type Harm } from '../learning/experiment/harm.ts'
import type { Metric } from '../learning/experiment/metric.ts'
import { weightsIn } from '../learning/experiment/phases.ts'

type Parts = { readonly ledger: Ledger; readonly flags: Flags; readonly sets: FlagSets }

/**
 * Holds ramps against their guardrails: where harm is shown, the plan waits or the flag is turned off in that environment. The First Way
 * knows what should happen, the Third whether harm is shown; they meet here. Where a step is due and nobody told of units of both arms, the
 * plan waits too: what cannot be seen is not taken for good.
 * @param now - ms
 */
export async function holdGuardrails({ ledger, flags, sets }: Parts, now: number, outcomeOf: OutcomeOf = () => undefined): Promise<void> {
  for (const { flag } of await sets.flags()) {
    for (const [environment, setting] of Object.entries(flag.environments)) {
      const { plan, state, killed } = setting
      if (plan === null || plan.guardrails.length === 0 || plan.paused !== null || killed || state !== 'ramp') continue
      const isDue = advanced(setting, now, '', outcomeOf(flag.flag, environment, setting))?.kind === 'on'
      const harm = await harmIn(ledger, flag, environment, setting, isDue)
      if (harm.length > 0) await act(flags, flag.flag, environment, setting, harm)
    }
  }
}

type Reason = Harm | { readonly unseen: true }

async function harmIn(ledger: Ledger, flag: Flag, environment: string, { plan }: Setting, isDue: boolean): Promise<readonly Reason[]> {
  const { variant, since, guardrails } = plan!
  const arms = [flag.control, variant] as const
  const weights = weightsIn(flag, environment, arms)
  if (weights === undefined || weights.some((weight) => weight === 0)) return []
  const metrics = guardrails.map(({ metric, kind, better }): Metric => ({
    key: metric,
    kind: { type: kind },
    role: 'guardrail',
    better,
    margin: 0,
    before: false,
  }))
  // Since its last step: before it the arms were weighed otherwise.
  const { arms: counted } = await countsOf(ledger, { flag: flag.flag, environment, since: since!, arms, metrics, per: {} })
  if (isDue && arms.some((arm) => counted[arm]!.units === 0)) return [{ unseen: true }]
  return harmOf(arms, weights, metrics, counted)
}

async function act(flags: Flags, name: string, environment: string, { plan }: Setting, harm: readonly Reason[]): Promise<void> {
  const { guardrails, variant } = plan!
  const reason = `guardrail: ${harm.map((one) => told(one, variant)).join('; ')}`
  const author = { by: 'a guardrail', reason, origin: 'ramp' as const }
  const hurt = new Set(harm.flatMap((one) => ('metric' in one ? [one.metric] : [])))
  const turnsBack = guardrails.some(({ metric, action }) => action === 'turn back' && hurt.has(metric))
  // Arms of wrong sizes show no harm, and nothing else either: somebody has to look.
  if (turnsBack) await flags.stand(name, { environment, state: 'off' }, { ...author, change: 'turned back' })
  else await flags.pause(name, environment, reason, author)
}

function told(harm: Reason, variant: string): string {
  if ('unseen' in harm)
    return `nobody told of units that have "${variant}" and of others since the step began, so that harm could not be seen`
  if ('split' in harm) return `the arms do not have the sizes they should have (p = ${harm.split.toPrecision(2)})`
  return `${harm.metric} is ${Math.abs(harm.effect * 100).toFixed(0)} % ${harm.effect < 0 ? 'less' : 'more'} with ${variant}`
}
