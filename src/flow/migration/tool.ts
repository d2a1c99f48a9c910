import { hasCode, refused } from '../../kernel/errors.ts'
import { secretBytesMin, type Hidden } from '../../kernel/scanning/forms.ts'
import { tellingLine } from '../../kernel/telling-line.ts'
import { digestOfEntries, listTree } from '../candidate/tree.ts'
import type { MigrationTool } from '../definition/definition.ts'
import type { MigrationFile } from './files.ts'
import type { Connection } from './migrations.port.ts'

/** A tool, ready to be run. */
export type ToolCall = {
  readonly resource: string
  readonly command: readonly string[]
  /** Beside what every command gets. */
  readonly variables: Readonly<Record<string, string>>
  /** Never reaches a log. */
  readonly hide: readonly Hidden[]
  readonly timeoutMs: number
}
/** How it ended: its exit code, or why it has none; and the end of what it wrote. */
export type ToolEnd = { readonly code: number | undefined; readonly why?: string; readonly said: string }
/** In the artifact, as whoever asks runs programs. @throws the reason of an abort */
export type RunTool = (call: ToolCall) => Promise<ToolEnd>

/**
 * What a tool would apply, as one migration: it has run where a line of the history has its name, which holds the digest of its files.
 * Nothing of it is read, so it passes for one that leaves the candidate before it working.
 * @throws ThreewaysError `MIGRATIONS_MISSING`
 */
export async function toolMigration(folder: string, resource: string, tool: MigrationTool): Promise<MigrationFile> {
  const entries = await listTree(folder, tool.files).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTDIR')) throw error
    throw refused('MIGRATIONS_MISSING', {
      message: `resource "${resource}" names the files ${tool.files.map((file) => `"${file}"`).join(', ')} of its migrations, and not all are there`,
      help: 'commit them, have the build make them, or correct "migrations.files" in the definition',
    })
  })
  const files = await digestOfEntries(folder, entries)
  return {
    name: `${tool.files[0]}@${files.slice('sha256:'.length, 'sha256:'.length + 12)}`,
    kind: 'expand',
    checksum: files,
    sql: '',
    tool,
    allowed: [],
  }
}

/** Runs it to its end. @throws ThreewaysError `MIGRATION_FAILED` */
export async function runToEnd(
  run: RunTool,
  resource: string,
  { command, timeoutMs }: MigrationTool,
  connection: Connection,
): Promise<void> {
  const { password } = connection
  // One that is set by hand may be shorter than what can be told from other text.
  const hide = password.length < secretBytesMin ? [] : [{ name: `${resource}-password`, value: Buffer.from(password) }]
  const { code, why, said } = await run({ resource, command, variables: variablesOf(connection), hide, timeoutMs })
  if (code === 0) return
  const reason = tellingLine(said)
  const how = why ?? `ended with exit code ${code}`
  throw refused('MIGRATION_FAILED', {
    message: `"${command.join(' ')}" ${how}${reason === '' ? '' : `: ${reason}`}; what it did until then stays`,
    help: 'correct it and deliver again: it is run again until it succeeds',
  })
}

/** As tools and libraries ask for them. */
function variablesOf({ host, port, user, password, database }: Connection): Readonly<Record<string, string>> {
  return {
    DATABASE_URL: `postgres://${user}:${password}@${host}:${port}/${database}`,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
  }
}
