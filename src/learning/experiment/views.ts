import type { Kept, Status } from './experiments.ts'
import type { Metric } from './metric.ts'
import type { Overlap } from './overlap.ts'
import type { Result } from './result.ts'

export function rowView({ experiment, plan, owner, flag, environment, plannedAt, startedAt, decided }: Kept) {
  return {
    experiment,
    hypothesis: plan.hypothesis,
    owner,
    flag,
    environment,
    state: decided !== undefined ? ('decided' as const) : startedAt !== undefined ? ('running' as const) : ('planned' as const),
    plannedAt,
    startedAt: startedAt ?? null,
    decided:
      decided === undefined
        ? null
        : {
            decision: decided.decision,
            arm: decided.arm ?? null,
            recommended: decided.recommended,
            by: decided.by,
            reason: decided.reason,
            at: decided.at,
            units: decided.told?.units ?? null,
            isAgainstRule:
              decided.decision === 'ship' &&
              decided.told?.recommendations.some(({ arm, action }) => arm === decided.arm && action !== 'ship') === true,
            isEarly: plan.units !== undefined && decided.told !== undefined && decided.told.units < plan.units,
          },
  }
}

export function statusView({ kept, told, looks, apart }: Status) {
  const { phase, since, units, arms, crossed, split, looking, results, recommendations } = told
  return {
    ...rowView(kept),
    layer: apart.layer,
    holdouts: [...apart.holdouts],
    phase,
    since,
    units,
    plannedUnits: kept.plan.units ?? null,
    arms: [...arms],
    plan: planView(kept),
    crossed,
    split: { verdict: split.verdict, p: split.p, sees: split.sees },
    looking: {
      may: looking.may,
      share: looking.share,
      why: looking.may ? null : looking.why,
      unitsMissing: looking.may ? null : looking.unitsMissing,
    },
    results: results.map(resultView),
    recommendations: recommendations.map((one) => ({ ...one, because: [...one.because] })),
    looks: looks.map((look) => ({ ...look, told: look.told as Readonly<Record<string, never>> })),
  }
}

function planView({ plan: { metrics, looks, alpha, power, shipWhen }, per }: Kept) {
  return {
    metrics: metrics.map(({ key, kind, role, better, effect, margin, before }) => ({
      metric: key,
      kind: kindWords(kind, per[key]),
      role,
      better,
      effect: effect ?? null,
      margin: margin ?? null,
      before,
    })),
    looks: [...looks],
    alpha,
    power,
    shipWhen,
  }
}

function kindWords(kind: Metric['kind'], per: string | undefined): string {
  if (kind.type === 'revenue') return `revenue, no more than ${kind.cap} of a unit`
  if (kind.type === 'quantile') return `quantile ${kind.share}`
  return kind.type === 'ratio' && per !== undefined ? `ratio, per ${per}` : kind.type
}

/** What JSON has no word for is left out. */
export function resultView({
  metric,
  arm,
  q,
  role,
  verdict,
  unitsWithout,
  nothing,
  control,
  treatment,
  effect,
  always,
  atLook,
  leastGain,
  p,
  adjusted,
  chanceToWin,
  explained,
}: Result) {
  const number = <K extends string>(name: K, value: number | undefined) =>
    (value === undefined || !Number.isFinite(value) ? {} : { [name]: value }) as { [key in K]?: number }
  const interval = <K extends string>(name: K, value: { readonly low: number; readonly high: number } | undefined) =>
    (value === undefined || !Number.isFinite(value.low) || !Number.isFinite(value.high)
      ? {}
      : { [name]: { low: value.low, high: value.high } }) as {
      [key in K]?: { low: number; high: number }
    }
  return {
    metric,
    arm,
    role,
    verdict,
    unitsWithout,
    ...(nothing === undefined ? {} : { nothing }),
    ...number('q', q),
    ...number('control', control),
    ...number('treatment', treatment),
    ...number('effect', effect),
    ...interval('always', always),
    ...interval('atLook', atLook),
    ...number('leastGain', leastGain),
    ...number('p', p),
    ...number('adjusted', adjusted),
    ...number('chanceToWin', chanceToWin),
    ...number('explained', explained),
  }
}

export const overlapsView = ({ overlaps, every }: { readonly overlaps: readonly Overlap[]; readonly every: number }) => ({
  every,
  overlaps: overlaps.map(({ experiments, arms, metrics, ...one }) => ({
    ...one,
    experiments: [...experiments],
    arms: arms.map((each) => [...each]),
    metrics: metrics.map((metric) => ({
      metric: metric.metric,
      cells: metric.cells.map((row) => [...row]),
      ...('nothing' in metric
        ? { nothing: metric.nothing }
        : { p: metric.p, adjusted: metric.adjusted, contrasts: metric.contrasts.map((each) => ({ ...each, arms: [...each.arms] })) }),
    })),
  })),
})
