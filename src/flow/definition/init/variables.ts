import { VariableName } from '../schema/values.ts'
import type { FoundService } from './clues.port.ts'
import type { Notes } from './draft.ts'
import type { NamedResource } from './resources.ts'

/** The variables a service keeps; those an environment gives are left out, with the reason. */
export function variablesOf(
  service: FoundService,
  name: string,
  from: string,
  resources: readonly NamedResource[],
  names: ReadonlyMap<string, string>,
  notes: Notes,
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {}
  for (const [variable, value] of Object.entries(service.environment ?? {})) {
    const why = reasonToLeaveOut(variable, value, resources, names)
    if (why === undefined) kept[variable] = value
    else notes.leftOut.push({ what: `the variable ${variable} of ${name}`, from, why })
  }
  return kept
}

function reasonToLeaveOut(
  variable: string,
  value: string,
  resources: readonly NamedResource[],
  names: ReadonlyMap<string, string>,
): string | undefined {
  if (!VariableName.safeParse(variable).success || variable.startsWith('THREEWAYS_')) return 'no variable can be called so'
  if (value.includes('\0') || !value.isWellFormed() || value.length > 65_536) return 'no variable can have this value'
  if (variable === 'PORT') return 'each environment gives its own'
  const addressed = resources.find(({ addressedAs }) => addressedAs.includes(variable))
  if (addressed) return arrivesAs(addressed.name)
  for (const [written, name] of names) {
    const host = written.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    if (value === written && /HOST|SERVER|ADDR/.test(variable)) return arrivesAs(name)
    if (new RegExp(`(//|@)${host}(:\\d+|/|$)`).test(value)) return arrivesAs(name)
    if (variable.startsWith(`${prefixOf(name)}_`) && /_(URL|HOST|PORT|USER|PASSWORD|NAME)$/.test(variable)) return arrivesAs(name)
  }
  return undefined
}

const prefixOf = (name: string) => name.toUpperCase().replaceAll('-', '_')

const arrivesAs = (name: string) => `the address of ${name} arrives as ${prefixOf(name)}_URL`
