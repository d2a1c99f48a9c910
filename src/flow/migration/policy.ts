import type { AppliedMigration, Migration } from './migrations.port.ts'

export type Wanted = {
  /** Of the candidate that comes, in the order of their numbers. */
  readonly files: readonly Migration[]
  /** What the database remembers. */
  readonly history: readonly Pick<AppliedMigration, 'name' | 'kind' | 'checksum'>[]
  /** Names of the files that the candidate knows to which one would go back; undefined: there is nothing to go back to. */
  readonly previous: ReadonlySet<string> | undefined
}

export type Problem = { readonly code: 'MIGRATION_EDITED' | 'SCHEMA_AHEAD'; readonly message: string; readonly help: string }

/** Why a candidate must not meet this database; undefined: it may. Pure. */
export function problemOf({ files, history }: Pick<Wanted, 'files' | 'history'>): Problem | undefined {
  const known = new Map(files.map((file) => [file.name, file]))
  for (const { name, checksum } of history) {
    const file = known.get(name)
    if (file === undefined || file.checksum === checksum) continue
    return {
      code: 'MIGRATION_EDITED',
      message: `"${name}" was applied here as something else: it was edited since`,
      help: 'give it back its old content, and write what is new into a file of its own',
    }
  }
  const gone = history.find(({ name, kind }) => kind === 'contract' && !known.has(name))
  return gone && aheadOf(gone.name)
}

export const aheadOf = (contract: string): Problem => ({
  code: 'SCHEMA_AHEAD',
  message: `contract migration "${contract}" was applied here, and this candidate does not know it: it may need what is gone`,
  help: 'deliver a newer commit, or restore the backup that was made before it: `threeways env backups`',
})

/**
 * What runs before the new candidate does: every expand migration that has not run, and those contract migrations that take
 * nothing from the candidate one would go back to. Pure.
 */
export function beforeDeploy({ files, history, previous }: Wanted): readonly Migration[] {
  return pending(files, history).filter(({ kind, name }) => kind === 'expand' || previous === undefined || previous.has(name))
}

/** What runs once the candidate is verified. Pure. */
export function afterVerdict({ files, history }: Pick<Wanted, 'files' | 'history'>): readonly Migration[] {
  return pending(files, history).filter(({ kind }) => kind === 'contract')
}

function pending(files: readonly Migration[], history: Wanted['history']): readonly Migration[] {
  const done = new Set(history.map(({ name }) => name))
  return files.filter(({ name }) => !done.has(name))
}
