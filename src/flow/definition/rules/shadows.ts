import type { Entry, Outline } from '../outline.ts'
import type { StageEntry } from '../schema.ts'
import { suggestion } from '../suggest.ts'
import type { Report, Rule } from './rule.ts'
import { pathOf } from './stages.ts'

/** Requests are copied from an environment that stays to another that stays, and a gate asks only for copies that there are. */
export const shadows: Rule = (outline, report) => {
  for (const [index, stage] of outline.stages.entries()) {
    if (stage.value?.shadow !== undefined) reportShadow(outline, index, stage, report)
    if (stage.value?.gate?.shadow === undefined) continue
    if (before(outline.stages, stage).some(({ value }) => value?.shadow !== undefined)) continue
    report.key(pathOf(index, 'gate', 'shadow'), {
      message: '"shadow" asks what copies of requests showed, and no stage before this one gets any',
      help: 'add shadow: {from: …, share: …} to a stage before it, or remove this',
    })
  }
}

function reportShadow({ stages, services }: Outline, index: number, { written, value, doubtful }: Entry<StageEntry>, report: Report): void {
  const key = (message: string, help: string) => report.key(pathOf(index, 'shadow'), { message, help })
  if (written['environment'] === undefined) key('"shadow" needs an environment, and this stage names none', 'add environment: to the stage')
  if (value?.ephemeral === true && !doubtful.has('ephemeral'))
    key('"shadow" needs an environment that stays, and this one is ephemeral', 'remove ephemeral:, or shadow:')
  if (!Object.values(services).some((service) => service.written['ports'] !== undefined))
    key('"shadow" copies requests, and no service has a port', 'add ports: to the service that is called')
  const from = (written['shadow'] as { readonly from?: unknown } | null)?.from
  if (typeof from !== 'string') return
  const complain = (message: string, help: string) => report(pathOf(index, 'shadow', 'from'), { message, value: from, help })
  const source = stages.find((one) => one.written['name'] === from)
  const others = stages.map((one) => one.written['name']).filter((name): name is string => typeof name === 'string' && name !== from)
  if (source === undefined) complain(`there is no stage "${from}"`, suggestion(from, others, 'there is no other stage'))
  else if (from === written['name']) complain('a stage cannot copy its own requests to itself', 'name the stage whose users ask')
  else if (source.written['environment'] === undefined) complain(`stage "${from}" has no environment`, 'name a stage that users ask')
  else if (source.value?.ephemeral === true) complain(`the environment of stage "${from}" is ephemeral`, 'name a stage that users ask')
}

/** All stages that a candidate has passed before it enters this one. */
function before(stages: Outline['stages'], stage: Entry<StageEntry>): readonly Entry<StageEntry>[] {
  const found = new Set<Entry<StageEntry>>()
  const visit = ({ value }: Entry<StageEntry>): void => {
    for (const name of value?.after ?? []) {
      const other = stages.find((one) => one.written['name'] === name)
      if (other === undefined || found.has(other)) continue
      found.add(other)
      visit(other)
    }
  }
  visit(stage)
  return [...found]
}
