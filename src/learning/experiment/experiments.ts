import type { Clock } from '../../kernel/clock.ts'
import { conflict, notFound, refused } from '../../kernel/errors.ts'
import type { NewId } from '../../kernel/ids.ts'
import { event } from '../../ledger/event.ts'
import type { Ledger, LedgerTransaction } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { analyse, type Analysis } from './analysis.ts'
import { countsOf, unitsByArm, unitsSince } from './counts.ts'
import { experimentDecided, experimentLooked, experimentPlanned, experimentStarted, type Told } from './events.ts'
import { apartFault, apartOf, type Apart } from './exclusion.ts'
import { lookingAt, nothingSeen, type Memory } from './looks.ts'
import { judged, type Overlap, type Shared } from './overlap.ts'
import { assignmentFault, misnamed, phaseOf, type Phase } from './phases.ts'
import { unplanned, type ExperimentPlan } from './plan.ts'
import { readPlan } from './plan-file.ts'
import { assignedFlags, experimentLooks, experiments, type ExperimentRow } from './projection.ts'
import { sharedCounts, type Since } from './shared-counts.ts'
import { splitOf } from './split.ts'
import { resultView } from './views.ts'

/** An experiment as it is kept. */
export type Kept = {
  readonly experiment: string
  readonly flag: string
  readonly environment: string
  readonly owner: string
  readonly plan: ExperimentPlan
  readonly per: Readonly<Record<string, string>>
  readonly plannedAt: string
  readonly startedAt: string | undefined
  readonly looked: { readonly phase: number; readonly units: number; readonly memory: Memory } | undefined
  readonly decided: Decided | undefined
}

type Decided = {
  readonly decision: string
  readonly arm?: string
  readonly recommended: string
  readonly by: string
  readonly reason: string
  readonly at: string
  /** What was known then; absent where a server did not keep it. */
  readonly told?: Told
}

type Deciding = {
  readonly decision: 'ship' | 'keep control' | 'stop'
  readonly arm: string | undefined
  readonly by: string
  readonly reason: string
  readonly againstRule: boolean
}

type Analysed = { readonly phase: Phase; readonly analysis: Analysis; readonly told: Told }

export type Status = {
  readonly kept: Kept
  /** Now; of what is decided, when it was. */
  readonly told: Told
  /** As its flag stands now. */
  readonly apart: Apart
  readonly looks: readonly { readonly at: string; readonly phase: number; readonly units: number; readonly told: unknown }[]
}

export type Experiments = ReturnType<typeof makeExperiments>
type Place = Pick<LedgerTransaction, 'db'>

/** Experiments: written down, begun, looked at as written down, decided. */
export function makeExperiments(ledger: Ledger, { clock, newId }: { readonly clock: Clock; readonly newId: NewId }) {
  const envelope = (subject: string) => ({ id: newId(), time: clock.instant(), source: '/threeways/experiments', subject })

  /** @throws ThreewaysError `EXPERIMENT_NOT_FOUND` */
  async function one(place: Place, experiment: string): Promise<Kept> {
    const row = await rowsOf(place.db, experiments).selectAll().where('experiment', '=', experiment).executeTakeFirst()
    if (row?.planned) return keptOf(row)
    throw notFound('EXPERIMENT_NOT_FOUND', {
      message: `there is no experiment "${experiment}"`,
      help: 'list them with `threeways experiment ls`',
    })
  }

  /** Of what was decided: what was there when it was. */
  async function analysed(place: Place, kept: Kept, isEnding = false): Promise<Analysed> {
    const { flag, environment, plan, per, decided } = kept
    const until = decided?.at
    const revisions = (await revisionsOf(place, flag)).filter(({ at }) => until === undefined || at <= until)
    const arms = plan.arms.map(({ key }) => key)
    const phase = phaseOf(revisions, environment, plan.arms, kept.startedAt ?? clock.instant())
    const counted = await countsOf(place, { flag, environment, since: phase.since, until, arms, metrics: plan.metrics, per })
    const memory = kept.looked?.phase === phase.phase ? kept.looked.memory : undefined
    const weighed = { ...plan, arms: plan.arms.map((arm, index) => ({ ...arm, weight: phase.weights[index]! })) }
    const analysis = analyse(weighed, { arms: counted.arms, isEnding, ...(memory === undefined ? {} : { memory }) })
    const all = phase.weights.reduce((sum, weight) => sum + weight, 0)
    const { units, split, looking, results, recommendations } = analysis
    const told: Told = {
      phase: phase.phase,
      since: phase.since,
      units,
      arms: arms.map((arm, index) => ({ arm, units: counted.arms[arm]!.units, share: phase.weights[index]! / all })),
      crossed: counted.crossed,
      split,
      looking,
      results,
      recommendations,
    }
    return { phase, analysis, told }
  }

  async function status(place: Place, kept: Kept): Promise<Status> {
    const { experiment, flag, environment, decided } = kept
    const looks = await rowsOf(place.db, experimentLooks)
      .select(['at', 'phase', 'units', 'told'])
      .where('experiment', '=', experiment)
      .orderBy('look')
      .execute()
    return {
      kept,
      told: decided?.told ?? (await analysed(place, kept, decided !== undefined)).told,
      apart: apartOf(flag, environment, await definitionsOf(place)),
      looks: looks.map(({ at, phase, units, told }) => ({ at: at!, phase: phase!, units: units!, told })),
    }
  }

  return {
    async all(): Promise<readonly Kept[]> {
      const rows = await rowsOf(ledger.db, experiments).selectAll().orderBy('experiment').execute()
      return rows.filter((row) => row.planned !== null).map(keptOf)
    },

    /** @throws ThreewaysError `EXPERIMENT_NOT_FOUND` */
    status: async (experiment: string): Promise<Status> => status(ledger, await one(ledger, experiment)),

    /** Of all pairs of experiments that run in one environment: do their effects depend on each other? */
    async overlaps(): Promise<{ readonly overlaps: readonly Overlap[]; readonly every: number }> {
      const rows = await rowsOf(ledger.db, experiments)
        .selectAll()
        .where('started', 'is not', null)
        .where('decided', 'is', null)
        .orderBy('experiment')
        .execute()
      const definitions = await definitionsOf(ledger)
      const running = new Map<string, Since[]>()
      for (const kept of rows.map(keptOf)) {
        const { experiment, flag, environment, plan, startedAt, looked } = kept
        const { since, phase, weights } = phaseOf(await revisionsOf(ledger, flag), environment, plan.arms, startedAt!)
        const { layer } = apartOf(flag, environment, definitions)
        const arms = plan.arms.map(({ key }) => key)
        const metrics = plan.metrics.filter(({ role }) => role === 'decision')
        const units = await unitsByArm(ledger, { flag, environment, since, arms })
        const before = looked?.phase === phase ? looked.memory.splitLogFactor : undefined
        const split = splitOf(
          plan.arms.map((arm, index) => ({ ...arm, weight: weights[index]! })),
          units,
          before,
        )
        const one = {
          experiment,
          flag,
          environment,
          layer,
          arms,
          metrics,
          narrowestAt: plan.narrowestAt,
          since,
          ...(split.verdict === 'wrong' ? { wrongSplit: split.p } : {}),
        }
        running.set(environment, [...(running.get(environment) ?? []), one])
      }
      const shared: Shared[] = []
      let every = 1
      for (const here of running.values()) {
        const counted = await sharedCounts(ledger, here)
        shared.push(...counted.pairs)
        every = Math.max(every, counted.every)
      }
      return { overlaps: judged(shared), every }
    },

    /**
     * Writes an experiment down; anew, as long as it has not begun.
     * @throws ThreewaysError `EXPERIMENT_PLAN` with every fault, `EXPERIMENT_BEGAN`
     */
    async plan(written: unknown, by: string): Promise<{ readonly kept: Kept; readonly notes: readonly string[] }> {
      const { flag: named, environment: where = 'production', arms: asked } = (written ?? {}) as Readonly<Record<string, unknown>>
      const definition = typeof named === 'string' ? (await revisionsOf(ledger, named)).at(-1)?.definition : undefined
      const unknown = definition === undefined ? [] : misnamed(definition, where, Array.isArray(asked) ? asked : [])
      const { file, plan, faults } = readPlan(written)
      if (file === undefined || plan === undefined || unknown.length > 0) throw unplanned([...faults, ...unknown])
      const arms = plan.arms.map(({ key }) => key)
      const missing = assignmentFault(file.flag, definition, file.environment, arms)
      const notes = missing === undefined ? [] : [`before it can begin: ${missing.message}; ${missing.help}`]
      const kept = await ledger.transaction(async (tx) => {
        await tx.lock()
        const row = await rowsOf(tx.db, experiments).selectAll().where('experiment', '=', file.experiment).executeTakeFirst()
        if (row?.started)
          throw conflict('EXPERIMENT_BEGAN', {
            message: `"${file.experiment}" began ${row.started.slice(0, 16)}: what it asks is written down and stays so`,
            help: 'plan another one under another name',
          })
        const { experiment, flag, environment, owner } = file
        const per = Object.fromEntries(file.metrics.flatMap((metric) => (metric.per === undefined ? [] : [[metric.metric, metric.per]])))
        await tx.append([event(experimentPlanned, envelope(experiment), { experiment, flag, environment, owner, by, plan, per })])
        return one(tx, experiment)
      })
      return { kept, notes }
    },

    /** @throws ThreewaysError `EXPERIMENT_NOT_FOUND`, `EXPERIMENT_BEGAN`, `EXPERIMENT_UNASSIGNED`, `EXPERIMENT_MIXED` */
    async start(experiment: string, by: string): Promise<Kept> {
      return ledger.transaction(async (tx) => {
        await tx.lock()
        const { startedAt, flag, environment, plan } = await one(tx, experiment)
        if (startedAt !== undefined)
          throw conflict('EXPERIMENT_BEGAN', {
            message: `"${experiment}" began ${startedAt.slice(0, 16)} already`,
            help: 'to ask again, plan another one',
          })
        const definition = (await revisionsOf(tx, flag)).at(-1)?.definition
        const arms = plan.arms.map(({ key }) => key)
        const fault = assignmentFault(flag, definition, environment, arms)
        if (fault !== undefined)
          throw refused('EXPERIMENT_UNASSIGNED', { message: `"${experiment}" cannot begin: ${fault.message}`, help: fault.help })
        const mixed = apartFault(flag, environment, await definitionsOf(tx), plan)
        if (mixed !== undefined)
          throw refused('EXPERIMENT_MIXED', { message: `"${experiment}" cannot begin: ${mixed.message}`, help: mixed.help })
        await tx.append([event(experimentStarted, envelope(experiment), { experiment, by })])
        return one(tx, experiment)
      })
    },

    /**
     * Looks at every experiment that runs, where its plan says that it is time: what was found is on record, and the look is spent.
     * @returns how many looks were taken
     */
    async look(): Promise<number> {
      let looks = 0
      const rows = await rowsOf(ledger.db, experiments).selectAll().where('started', 'is not', null).where('decided', 'is', null).execute()
      for (const row of rows) {
        const kept = keptOf(row)
        if (!(await mayBeDue(ledger, kept))) continue
        const { analysis, phase } = await analysed(ledger, kept)
        if (!isDue(kept, phase, analysis)) continue
        const { experiment } = kept
        const told = {
          // Limits without an end are no limits, and JSON would make nothing of them.
          results: analysis.results.map(resultView),
          recommendations: analysis.recommendations,
          split: { verdict: analysis.split.verdict, p: analysis.split.p },
        }
        const content = { experiment, phase: phase.phase, units: analysis.units, memory: analysis.memory, told: plainOf(told) }
        await ledger.append([event(experimentLooked, envelope(experiment), content)])
        looks++
      }
      return looks
    },

    /**
     * @param how.againstRule - ship also what the rule that was written down does not
     * @throws ThreewaysError `EXPERIMENT_NOT_FOUND`, `EXPERIMENT_NOT_RUNNING`, `EXPERIMENT_ARM_UNKNOWN`, `EXPERIMENT_AGAINST_RULE`
     */
    async decide(experiment: string, { decision, arm, by, reason, againstRule }: Deciding): Promise<Kept> {
      const kept = await one(ledger, experiment)
      checkRunning(kept)
      const treatments = kept.plan.arms.slice(1).map(({ key }) => key)
      const shipped = decision === 'ship' ? (arm ?? (treatments.length === 1 ? treatments[0] : undefined)) : undefined
      if (decision === 'ship' && (shipped === undefined || !treatments.includes(shipped)))
        throw refused('EXPERIMENT_ARM_UNKNOWN', {
          message: arm === undefined ? 'it does not say which treatment is shipped' : `"${arm}" is no treatment of it`,
          help: `it has ${treatments.join(', ')}`,
        })
      // Counted before the ledger's lock is held: of a million units that takes seconds.
      const { analysis, told } = await analysed(ledger, kept, true)
      const ruled = told.recommendations.find((one) => one.arm === shipped)
      if (ruled !== undefined && ruled.action !== 'ship' && !againstRule)
        throw refused('EXPERIMENT_AGAINST_RULE', {
          message: `the rule of "${experiment}" does not ship "${ruled.arm}" with ${countOf(told.units, kept.plan.units)}: ${ruled.action} (${ruled.because.join('; ')})`,
          help: 'what was written down beforehand is what keeps chance from being shipped; to ship it all the same, say --against-rule (`againstRule: true`): it is kept with the decision',
        })
      const recommended =
        analysis.recommendations.map((one) => `${one.arm}: ${one.action} (${one.because.join('; ')})`).join('. ') || 'nothing'
      const arms = shipped === undefined ? {} : { arm: shipped }
      const content = { experiment, decision, ...arms, recommended, by, reason, told: plainOf(told) as Told }
      return ledger.transaction(async (tx) => {
        await tx.lock()
        checkRunning(await one(tx, experiment))
        await tx.append([event(experimentDecided, envelope(experiment), content)])
        return one(tx, experiment)
      })
    },
  }
}

/** @throws ThreewaysError `EXPERIMENT_NOT_RUNNING` */
function checkRunning({ experiment, startedAt, decided }: Kept): void {
  if (startedAt !== undefined && decided === undefined) return
  throw conflict('EXPERIMENT_NOT_RUNNING', {
    message: `"${experiment}" ${decided === undefined ? 'has not begun' : `was decided ${decided.at.slice(0, 16)}: ${decided.decision}`}`,
    help: decided === undefined ? `begin it with \`threeways experiment start ${experiment}\`` : 'plan another one under another name',
  })
}

/** Of all flags, as they stand. */
async function definitionsOf(place: Place): Promise<readonly unknown[]> {
  const rows = await rowsOf(place.db, assignedFlags)
    .select('definition')
    .distinctOn('flag')
    .orderBy('flag')
    .orderBy('revision', 'desc')
    .execute()
  return rows.map(({ definition }) => definition)
}

async function revisionsOf(place: Place, flag: string) {
  const rows = await rowsOf(place.db, assignedFlags).select(['at', 'definition']).where('flag', '=', flag).orderBy('revision').execute()
  return rows.map(({ at, definition }) => ({ at: at!, definition }))
}

/** Whether a look may be due, by the number of units alone: to sum up what they did costs far more, and most of the time it is not. */
async function mayBeDue(place: Place, kept: Kept): Promise<boolean> {
  const { flag, environment, plan, looked } = kept
  const phase = phaseOf(await revisionsOf(place, flag), environment, plan.arms, kept.startedAt!)
  const units = await unitsSince(place, { flag, environment, since: phase.since })
  const known = looked?.phase === phase.phase ? looked : { units: 0, memory: nothingSeen }
  if (plan.units === undefined) return units >= leastNew(known.units)
  // A split that became wrong is looked for at every tenth more.
  return lookingAt(plan, known.memory, units, false).may || (known.units > 0 && units >= known.units * 1.1)
}

/** Without a planned size: so many units until it is looked at again. */
const leastNew = (before: number): number => Math.max(100, before * 1.05)

/** A planned look once; without a planned size from time to time, as soon as there is more than at the last. */
function isDue({ plan, looked }: Kept, { phase }: Phase, { looking, units, split }: Analysis): boolean {
  const before = looked?.phase === phase ? looked.units : 0
  if (units === before || split.verdict === 'nobody yet') return false
  if (plan.units !== undefined) return looking.may || (split.verdict === 'wrong' && units >= before * 1.1)
  return units >= leastNew(before)
}

export function keptOf(row: ExperimentRow): Kept {
  const { flag, environment, owner, plan, per } = row.planned as Pick<Kept, 'flag' | 'environment' | 'owner' | 'plan'> & {
    readonly per?: Kept['per']
  }
  const decided = row.decided === null ? undefined : { ...(row.decided as Omit<Decided, 'at'>), at: row.decidedAt! }
  return {
    experiment: row.experiment,
    flag,
    environment,
    owner,
    plan,
    per: per ?? {},
    plannedAt: row.plannedAt!,
    startedAt: row.started ?? undefined,
    looked: row.looked === null ? undefined : (row.looked as NonNullable<Kept['looked']>),
    decided,
  }
}

const countOf = (units: number, planned: number | undefined): string =>
  `${units.toLocaleString('en')}${planned === undefined ? '' : ` of ${planned.toLocaleString('en')} planned`} units`

/** Without what JSON has no word for. */
const plainOf = (value: unknown): Readonly<Record<string, unknown>> =>
  JSON.parse(JSON.stringify(value)) as Readonly<Record<string, unknown>>
