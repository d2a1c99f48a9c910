import type { Packages } from './packages.port.ts'
import type { PackageChange, ValueChange } from './schemas.ts'

export type Pinned = { readonly ecosystem: string; readonly packages: Packages }

/** Values that are not the same in both, by name. Pure. */
export function compareValues(
  from: ReadonlyMap<string, string>,
  to: ReadonlyMap<string, string>,
): { readonly changes: ValueChange[]; readonly same: number } {
  const paths = [...new Set([...from.keys(), ...to.keys()])].toSorted()
  const changes = paths.flatMap((path) => {
    const change = { path, from: from.get(path) ?? null, to: to.get(path) ?? null }
    return change.from === change.to ? [] : [change]
  })
  return { changes, same: paths.length - changes.length }
}

/** What one lock file brings, drops and moves to another version. Pure. */
export function comparePackages(
  file: string,
  from: Pinned | undefined,
  to: Pinned | undefined,
): { readonly changes: PackageChange[]; readonly same: number } {
  const ecosystem = (to ?? from)?.ecosystem ?? ''
  const names = [...new Set([...(from?.packages.keys() ?? []), ...(to?.packages.keys() ?? [])])].toSorted()
  const changes = names.flatMap((name): PackageChange[] => {
    const [old, next] = [versions(from, name), versions(to, name)]
    if (old.join() === next.join()) return []
    const kind = old.length === 0 ? 'added' : next.length === 0 ? 'removed' : 'changed'
    return [{ ecosystem, file, name, kind, from: old, to: next }]
  })
  return { changes, same: names.length - changes.length }
}

const versions = (pinned: Pinned | undefined, name: string) => [...new Set(pinned?.packages.get(name) ?? [])].toSorted()
