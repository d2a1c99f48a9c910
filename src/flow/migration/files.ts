import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { sha256 } from '../../kernel/digest.ts'
import { hasCode, refused, type Fault } from '../../kernel/errors.ts'
import type { Definition } from '../definition/definition.ts'
import type { Migration, MigrationKind } from './migrations.port.ts'
import { judge, type Allowed, type Finding } from './safety.ts'
import { statementsIn } from './statements.ts'
import { toolMigration } from './tool.ts'

/** A migration as its file has it, and what a person let through in it. */
export type MigrationFile = Migration & { readonly allowed: readonly Allowed[] }
/** Resource to its migrations, in the order of their numbers. */
export type MigrationsOf = Readonly<Record<string, readonly MigrationFile[]>>

/** `0001_parts.sql`, `V2__parts.sql`, `20261126093000_names.contract.sql`; `expand/` and `contract/` say the same as the suffix. */
const namePattern = /^(?:(expand|contract)\/)?V?(\d+)(?:[_.-].*?)?(?:\.(expand|contract))?\.sql$/
/** Of dbmate and goose: everything after this line would undo what was just done. */
const undoPattern = /^\s*--\s*(?:migrate:down|\+goose\s+Down)\b/i
const bytesMax = 4 * 1024 * 1024

/**
 * The migrations of every resource, each read as PostgreSQL will and judged.
 * @param folder - with the files of the artifact
 * @throws ThreewaysError `MIGRATIONS_MISSING`; `MIGRATION_UNSAFE`, each fault at its line
 */
export async function readMigrations(folder: string, { resources }: Pick<Definition, 'resources'>): Promise<MigrationsOf> {
  const faults: Fault[] = []
  const found: Record<string, readonly MigrationFile[]> = {}
  for (const [name, { migrations }] of Object.entries(resources)) {
    if (migrations === undefined) continue
    if (typeof migrations !== 'string') {
      found[name] = [await toolMigration(folder, name, migrations)]
      continue
    }
    const files = await filesIn(folder, migrations, faults).catch((error: unknown) => {
      throw hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR') ? missing(name, migrations) : error
    })
    found[name] = await Promise.all(files.map((file) => readOne(folder, migrations, file, faults)))
  }
  if (faults.length === 0) return found
  faults.sort((a, b) => `${a.file}`.localeCompare(`${b.file}`) || a.line! - b.line!)
  const all = faults.map((fault) => `${fault.file}:${fault.line}: ${fault.message}; ${fault.help}`)
  throw refused('MIGRATION_UNSAFE', {
    message: ['the candidate behind this one could not be gone back to, or the file cannot run', ...all].join('\n'),
    help: 'change the files; what you know to be safe is let through by a line before it: -- threeways:allow <rule>: <reason>',
    faults,
  })
}

const missing = (resource: string, folder: string) =>
  refused('MIGRATIONS_MISSING', {
    message: `resource "${resource}" names the folder of migrations "${folder}", and there is none`,
    help: 'commit it, or correct "migrations" in the definition',
  })

type Named = { readonly name: string; readonly kind: MigrationKind; readonly number: bigint }

async function filesIn(folder: string, migrations: string, faults: Fault[]): Promise<readonly Named[]> {
  const entries = await readdir(path.join(folder, migrations), { recursive: true, withFileTypes: true })
  const numbers = new Map<bigint, string>()
  const found: Named[] = []
  for (const entry of entries) {
    if (!entry.name.endsWith('.sql') || entry.isDirectory()) continue
    const name = path.relative(path.join(folder, migrations), path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/')
    const fault = (message: string, help: string) => faults.push(faultAt(path.posix.join(migrations, name), 1, message, help))
    const [, above, number, suffix] = namePattern.exec(name) ?? []
    if (number === undefined || !entry.isFile() || /\.(down|undo)\.sql$/.test(name)) {
      fault('is not named like a migration', 'begin its name with a number: 0001_parts.sql. Going back is what expand and contract are for')
    } else if (above !== undefined && suffix !== undefined && above !== suffix) {
      fault(`lies in ${above}/ and says that it is ${suffix}`, 'say one of the two')
    } else if (numbers.has(BigInt(number))) {
      fault(`has the same number as ${numbers.get(BigInt(number))}`, 'give each a number of its own: it says what runs first')
    } else {
      numbers.set(BigInt(number), name)
      found.push({ name, kind: (above ?? suffix ?? 'expand') as MigrationKind, number: BigInt(number) })
    }
  }
  return found.sort((a, b) => (a.number < b.number ? -1 : 1))
}

async function readOne(folder: string, migrations: string, { name, kind }: Named, faults: Fault[]): Promise<MigrationFile> {
  const file = path.posix.join(migrations, name)
  const bytes = await readFile(path.join(folder, file))
  const sql = bytes.toString()
  const report = ({ line, message, help, rule }: Finding) => faults.push(faultAt(file, line, message, `${help} (rule ${rule})`))
  const undo = sql.split('\n').findIndex((line) => undoPattern.test(line))
  const plain = { name, kind, checksum: sha256(bytes), sql }
  if (bytes.length > bytesMax || bytes.includes(0) || !Buffer.from(sql).equals(bytes)) {
    report({ line: 1, rule: 'readable', message: 'is no text in UTF-8 of at most 4 MiB', help: 'write SQL' })
    return { ...plain, allowed: [] }
  }
  if (undo >= 0) {
    report({
      line: undo + 1,
      rule: 'undo',
      message: 'what follows would undo what was just done',
      help: 'remove the way down from the file',
    })
    return { ...plain, allowed: [] }
  }
  const parsed = await statementsIn(sql)
  if ('problem' in parsed) {
    report({ ...parsed.problem, rule: 'readable', help: 'write SQL as PostgreSQL reads it, without commands of psql' })
    return { ...plain, allowed: [] }
  }
  const { findings, allowed, concurrently } = judge(parsed.statements, kind)
  for (const finding of findings) report(finding)
  return { ...plain, allowed, ...(concurrently === undefined ? {} : { concurrently }) }
}

function faultAt(file: string, line: number, message: string, help: string): Fault {
  return { path: '', file, line, message, help }
}
