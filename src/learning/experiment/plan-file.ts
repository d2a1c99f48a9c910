import type { z } from 'zod'
import type { Fault } from '../../kernel/errors.ts'
import type { Metric } from './metric.ts'
import { planFaults, withUsual, type ExperimentDraft, type ExperimentPlan } from './plan.ts'
import { PlanFile } from './schemas.ts'

function kindOf(kind: z.output<typeof PlanFile>['metrics'][number]['kind']): Metric['kind'] {
  if (typeof kind === 'string') return { type: kind }
  return kind.type === 'quantile' ? { type: 'quantile', share: kind.q } : kind
}

type ReadPlan = {
  readonly file: z.output<typeof PlanFile> | undefined
  /** Undefined where there are faults. */
  readonly plan: ExperimentPlan | undefined
  readonly faults: readonly Fault[]
}

/** Its form first; what it means where it has one. Each fault by its JSON pointer. */
export function readPlan(written: unknown): ReadPlan {
  const read = PlanFile.safeParse(written)
  if (!read.success) {
    const faults = read.error.issues.map(({ path, message }) => ({ path: path.map((part) => `/${String(part)}`).join(''), message }))
    return { file: undefined, plan: undefined, faults }
  }
  const plan = withUsual(draftOf(read.data))
  const faults = planFaults(plan)
  return { file: read.data, plan: faults.length === 0 ? plan : undefined, faults }
}

function draftOf(file: z.output<typeof PlanFile>): ExperimentDraft {
  const { hypothesis, arms, metrics, units, looks, alpha, power, shipWhen, layer, holdouts } = file
  return {
    hypothesis,
    // What they really are weighed by is the flag's to say; it is read when it is analysed.
    arms: arms.map((key) => ({ key, weight: 1 })),
    metrics: metrics.map(({ metric, kind, role, better, effect, margin, before }) => ({
      key: metric,
      kind: kindOf(kind),
      role,
      better,
      before,
      ...(effect === undefined ? {} : { effect }),
      ...(margin === undefined ? {} : { margin }),
    })),
    ...(units === undefined ? {} : { units }),
    ...(looks === undefined ? {} : { looks }),
    ...(alpha === undefined ? {} : { alpha }),
    ...(power === undefined ? {} : { power }),
    ...(shipWhen === undefined ? {} : { shipWhen }),
    ...(layer === undefined ? {} : { layer }),
    ...(holdouts === undefined ? {} : { holdouts }),
  }
}
