import { integer, object, oneOf, optional, text, type Schema } from '../../kernel/json-schema.ts'
import { ownEvent } from '../../ledger/event.ts'
import type { Looking, Memory } from './looks.ts'
import type { ExperimentPlan } from './plan.ts'
import type { Recommendation } from './recommendation.ts'
import type { Result } from './result.ts'
import type { Split } from './split.ts'

const structure = <T>(description: string): Schema<T> => ({ json: { type: 'object', description } })
const name = (description: string) => text(description, { maxLength: 100 })

/** Subject: the experiment. Before it is started it may be planned anew; the last plan counts, and none after the start. */
export const experimentPlanned = ownEvent(
  'experiment.planned',
  'What an experiment asks was written down: hypothesis, arms, metrics, size, looks, and what follows from which answer',
  object({
    experiment: name('its name'),
    flag: name('whose variants are its arms'),
    environment: name('where'),
    owner: name('who answers for it'),
    by: name('who'),
    plan: structure<ExperimentPlan>('as it was written down'),
    per: optional(structure<Readonly<Record<string, string>>>('of ratios: the metric that is divided by; left out: how often')),
  }),
)

/** Subject: the experiment. */
export const experimentStarted = ownEvent(
  'experiment.started',
  'Units that are exposed from now on count for an experiment',
  object({ experiment: name('its name'), by: name('who') }),
)

/** Subject: the experiment. Once looked at, a look is spent: the next analysis has to know. */
export const experimentLooked = ownEvent(
  'experiment.looked',
  'An experiment was looked at as its plan says',
  object({
    experiment: name('its name'),
    phase: integer('counts from 1: other weights of the arms are another phase'),
    units: integer('exposed until then'),
    memory: structure<Memory>('what the next analysis has to know'),
    told: structure<Readonly<Record<string, unknown>>>('what was found'),
  }),
)

/** Subject: the experiment. It ends with it, and is not begun again: another one is planned. */
export const experimentDecided = ownEvent(
  'experiment.decided',
  'Somebody decided what follows from an experiment, and ended it',
  object({
    experiment: name('its name'),
    decision: oneOf(['ship', 'keep control', 'stop'], 'ship: a treatment. stop: nothing follows from it'),
    arm: optional(name('the treatment that is shipped')),
    recommended: text('what the plan recommended at that moment'),
    by: name('who'),
    reason: text('why'),
    told: optional(structure<Told>('what was known at that moment; left out: by a server that did not keep it')),
  }),
)

/** What an experiment said at a moment, as it may be shown again: plain data. */
export type Told = {
  readonly phase: number
  readonly since: string
  readonly units: number
  readonly arms: readonly { readonly arm: string; readonly units: number; readonly share: number }[]
  readonly crossed: number
  readonly split: Split
  readonly looking: Looking
  readonly results: readonly Result[]
  readonly recommendations: readonly Recommendation[]
}
