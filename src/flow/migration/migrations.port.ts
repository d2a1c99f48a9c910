import type { Digest } from '../../kernel/digest.ts'
import type { MigrationTool } from '../definition/definition.ts'
import type { Desired, EnvironmentId, Progress } from '../environment/provider.port.ts'

/** `expand` adds and leaves what is there usable; `contract` takes away what only older candidates need. */
export type MigrationKind = 'expand' | 'contract'

/** One numbered file, or what a tool applies at once. */
export type Migration = {
  /** Its path below the folder: `0001_parts.sql`, `contract/0002_names.sql`. */
  readonly name: string
  readonly kind: MigrationKind
  readonly checksum: Digest
  readonly sql: string
  /** Index that is built or dropped CONCURRENTLY: the file's only statement, which PostgreSQL runs in no transaction. */
  readonly concurrently?: { readonly index: string }
  /** Not run by the session: a program does it, and `sql` is empty. */
  readonly tool?: MigrationTool
}

/** Where a database is, and who may do in it what the service may. */
export type Connection = {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** As the database itself remembers it, in the table `threeways.migration`. */
export type AppliedMigration = {
  readonly name: string
  readonly kind: MigrationKind
  readonly checksum: string
  readonly candidate: string
  readonly run: string
  /** Id of the backup that was made before it; null: there was nothing to lose. */
  readonly backup: string | null
  readonly at: string
  readonly ms: number
}

/** A copy of a database as it was before something changed it. */
export type Backup = {
  /** Unique in its environment. */
  readonly id: string
  readonly resource: string
  readonly at: string
  readonly bytes: number
  /** For people: what it was made before. */
  readonly before: string
  /** Connections that had to be closed while it was made. */
  readonly closed: number
}

/** One database that nobody else migrates at the same time. */
export type DatabaseSession = {
  /** Nobody has used it yet: it was just made, with its seed and nothing else. */
  readonly isNew: boolean
  readonly connection: Connection
  /** In the order in which they were applied. */
  history(): Promise<readonly AppliedMigration[]>
  /** Complete when this returns; older ones beyond the number that is kept are dropped. @throws ThreewaysError `BACKUP_FAILED` */
  backup(before: string): Promise<Backup>
  /**
   * The whole file and its line in the history, or nothing of both.
   * @throws ThreewaysError `MIGRATION_FAILED`
   */
  apply(migration: Migration, about: Pick<AppliedMigration, 'candidate' | 'run' | 'backup'>): Promise<AppliedMigration>
  /** Its line in the history, for what somebody else has applied. */
  remember(migration: Migration, about: Pick<AppliedMigration, 'candidate' | 'run' | 'backup' | 'ms'>): Promise<AppliedMigration>
}

export type Migrating = { readonly environment: EnvironmentId; readonly desired: Desired; readonly resource: string }

/** What a provider brings so that databases of environments can be migrated, without deploying anything. */
export type DatabaseProvider = {
  /** Makes the database where there is none. Others who want to change the environment wait. */
  change<T>(
    migrating: Migrating,
    watch: (progress: Progress) => void,
    signal: AbortSignal | undefined,
    work: (session: DatabaseSession) => Promise<T>,
  ): Promise<T>
  /** Undefined: there is no such database yet. */
  history(environment: EnvironmentId, resource: string): Promise<readonly AppliedMigration[] | undefined>
  /** Newest first. */
  backups(environment: EnvironmentId): Promise<readonly Backup[]>
  /**
   * The database is what it was then; what it is now becomes a backup itself, `replaced`. Safe to repeat after any interruption.
   * @throws ThreewaysError `BACKUP_NOT_FOUND`; `RESTORE_FAILED`, then the database is what it was
   */
  restore(environment: EnvironmentId, backup: string): Promise<Backup & { readonly replaced: string }>
}
