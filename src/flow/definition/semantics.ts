import type { Fault } from '../../kernel/errors.ts'
import type { Outline } from './outline.ts'
import type { Places } from './places.ts'
import { differences, environmentNames, networks } from './rules/environments.ts'
import { soaks } from './rules/gates.ts'
import { reporting, type Rule } from './rules/rule.ts'
import { dependencies, healthChecks, limitsOnce, runnable } from './rules/services.ts'
import { canaries, movedTraffic } from './rules/deploying.ts'
import { secrets } from './rules/secrets.ts'
import { shadows } from './rules/shadows.ts'
import { order, stageChecks, stageEnvironments } from './rules/stages.ts'

const rules: readonly Rule[] = [
  runnable,
  limitsOnce,
  dependencies,
  healthChecks,
  environmentNames,
  networks,
  differences,
  order,
  stageEnvironments,
  stageChecks,
  movedTraffic,
  canaries,
  soaks,
  shadows,
  secrets,
]

/** Every fault of meaning: names that name nothing, circles, differences nobody declared. */
export function meaningFaults(outline: Outline, places: Places): readonly Fault[] {
  const faults: Fault[] = []
  const report = reporting(places, faults)
  for (const rule of rules) rule(outline, report)
  return faults
}
