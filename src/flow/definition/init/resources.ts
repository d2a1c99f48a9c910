import type { Clues, FoundResource, ProjectFiles } from './clues.port.ts'
import type { Notes } from './draft.ts'
import { toName, unique } from './names.ts'
import { pathOf } from './translate.ts'

/** A resource with the name it gets. `written` is the one it had. */
export type NamedResource = {
  readonly name: string
  readonly written: string
  readonly from: string
  readonly seed: string | undefined
  readonly addressedAs: readonly string[]
}

/**
 * The resources of the first file that has any: a dependency on a driver says less than a database in a Compose file. A
 * resource is called after the variable in which the code expects its address: `database` for `DATABASE_URL`.
 */
export function resourcesOf(project: ProjectFiles, all: readonly Clues[], notes: Notes): readonly NamedResource[] {
  const clues = all.find(({ resources }) => (resources?.length ?? 0) > 0)
  const taken = new Set<string>()
  return (clues?.resources ?? []).map((found) => {
    const name = unique(nameFor(found), taken)
    taken.add(name)
    const stated = found.addressedAs?.some((variable) => variable.endsWith('_URL')) ?? false
    notes.guesses.push({
      what: `${name} is a PostgreSQL database; its address arrives as ${name.toUpperCase().replaceAll('-', '_')}_URL`,
      from: clues!.from,
      sure: stated,
    })
    return {
      name,
      written: found.name,
      from: clues!.from,
      seed: seedOf(project, found, clues!.from, notes),
      addressedAs: found.addressedAs ?? [],
    }
  })
}

function nameFor({ name, addressedAs }: FoundResource): string {
  const variable = addressedAs?.find((each) => each.endsWith('_URL'))
  const wanted = variable === undefined ? name : variable.slice(0, -'_URL'.length)
  return toName(wanted, 'database')
}

function seedOf(project: ProjectFiles, { seed }: FoundResource, from: string, notes: Notes): string | undefined {
  if (seed === undefined) return undefined
  const path = pathOf(seed)
  if (path !== undefined && (project.paths.includes(path) || path in project.files)) {
    notes.guesses.push({ what: `a new database is filled from ${path}`, from, sure: false })
    return path
  }
  notes.leftOut.push({ what: `the seed ${seed}`, from, why: 'it was not found in the repository' })
  return undefined
}
