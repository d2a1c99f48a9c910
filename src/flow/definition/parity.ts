import { canonicalJson } from '../../kernel/digest.ts'
import type { Rendered } from './definition.ts'

/** One value that two environments do not share. Undefined: not there at all. */
export type Difference = {
  /** JSON pointer: `/services/web/environment/LOG_LEVEL`, `/resources/db/seed`, `/provider`. */
  readonly path: string
  readonly a: string | undefined
  readonly b: string | undefined
}

export type ParityReport = {
  /** The file says that these may differ. */
  readonly declared: readonly Difference[]
  /** Nobody said so: the two environments are not the same kind of place. */
  readonly undeclared: readonly Difference[]
  /** Values that are equal in both. */
  readonly same: number
}

/**
 * Compares two environments, of the same candidate or of two. Declared are variables listed in `parity` of either, and seeds and
 * numbers of replicas named by an environment, and how it is isolated. Pure.
 */
export function parity(a: Rendered, b: Rendered): ParityReport {
  const left = valuesOf(a)
  const right = valuesOf(b)
  const declared: Difference[] = []
  const undeclared: Difference[] = []
  let same = 0
  for (const path of [...new Set([...left.keys(), ...right.keys()])].toSorted()) {
    const difference = { path, a: left.get(path), b: right.get(path) }
    if (difference.a === difference.b) same++
    else if (isDeclared(path, a) || isDeclared(path, b)) declared.push(difference)
    else undeclared.push(difference)
  }
  return { declared, undeclared, same }
}

const settingsOf = ({ definition, settings }: Rendered) => definition.environments[settings]!

function isDeclared(path: string, rendered: Rendered): boolean {
  const [, kind, name, what, variable] = path.split('/')
  const { parity, seed, replicas } = settingsOf(rendered)
  if (kind === 'services' && what === 'environment' && variable !== undefined) return parity.includes(variable)
  if (kind === 'services' && what === 'replicas') return replicas !== undefined && Object.hasOwn(replicas, name!)
  if (kind === 'isolation') return true
  return kind === 'resources' && what === 'seed' && Object.hasOwn(seed, name!)
}

function valuesOf(rendered: Rendered): ReadonlyMap<string, string> {
  const { services, resources, provided } = rendered.definition
  const { provider, isolation } = settingsOf(rendered)
  return valuesIn({ provider, services, resources, ...(provided ? { provided } : {}), ...(isolation ? { isolation } : {}) })
}

/** Every value of it by its JSON pointer. */
export function valuesIn(value: unknown): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  collect(value, '', values)
  return values
}

/** Lists are one value: an argument that moved is not several differences. */
function collect(value: unknown, path: string, into: Map<string, string>): void {
  if (value === undefined) return
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    into.set(path, typeof value === 'string' ? value : canonicalJson(value))
    return
  }
  for (const [key, member] of Object.entries(value)) collect(member, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, into)
}
