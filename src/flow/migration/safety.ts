import type { MigrationKind } from './migrations.port.ts'
import type { Node, Statement } from './statements.ts'

/** Something in a migration that must not run as it is. */
export type Finding = { readonly rule: string; readonly line: number; readonly message: string; readonly help: string }
export type Allowed = { readonly rule: string; readonly line: number; readonly reason: string }
export type Judged = {
  readonly findings: readonly Finding[]
  /** What is unsafe and was let through by a person, with the reason. */
  readonly allowed: readonly Allowed[]
  readonly concurrently?: { readonly index: string }
}

type Unsafe = { readonly rule: string; readonly message: string; readonly help: string }
const unsafe = (rule: string, message: string, help: string): Unsafe => ({ rule, message, help })

const inContract = 'put it into a contract migration, which runs once nobody goes back to a candidate that needs it'

/**
 * Whether a file may run as what it is. Of an expand migration only what is known to leave the old candidate working, and tables
 * readable and writable meanwhile, passes; everything else is refused, whatever it is. Pure.
 */
export function judge(statements: readonly Statement[], kind: MigrationKind): Judged {
  const findings: Finding[] = []
  const allowed: Allowed[] = []
  const made = new Set<string>()
  const file: FileSoFar = { made, locked: false }
  for (const statement of statements) {
    // No reason makes these work: they would end the transaction the file runs in.
    const broken = unfit(statement, statements.length)
    if (broken) findings.push({ ...broken, line: statement.line })
    for (const found of kind === 'expand' ? unsafeties(statement, file) : []) {
      const allowance = statement.allowed.find(({ rule }) => rule === found.rule)
      if (allowance) allowed.push({ rule: found.rule, line: statement.line, reason: allowance.reason })
      else findings.push({ ...found, line: statement.line })
    }
    remember(statement, file)
  }
  const index = statements.length === 1 ? concurrentIndex(statements[0]!) : undefined
  return { findings, allowed, ...(index === undefined ? {} : { concurrently: { index } }) }
}

/** `locked`: a table that others use, until the file ends. */
type FileSoFar = { readonly made: Set<string>; locked: boolean }

function remember({ type, node }: Statement, file: FileSoFar): void {
  // From here on names may mean other tables.
  if (type === 'VariableSetStmt' || type === 'SelectStmt') file.made.clear()
  // One that may have been there before is not new.
  if (type === 'CreateStmt' && node['if_not_exists'] !== true) file.made.add(tableOf(node['relation']))
  if (!file.made.has(tableOf(node['relation']))) file.locked ||= type === 'CreateTrigStmt' || (type === 'AlterTableStmt' && locks(node))
}

const locks = (node: Node) => commandsOf(node).some(({ subtype }) => subtype !== 'AT_ValidateConstraint')

function unfit({ type, node }: Statement, count: number): Unsafe | undefined {
  if (type === 'TransactionStmt')
    return unsafe('transaction', 'begins or ends a transaction', 'remove it: each file runs in a transaction of its own')
  if (type === 'CopyStmt' && node['filename'] === undefined)
    return unsafe('copy', 'reads rows from its standard input, which it has not', 'write insert statements')
  if (!isConcurrent(type, node)) return undefined
  if (count > 1) return unsafe('concurrently', 'CONCURRENTLY runs in no transaction', 'give this statement a file of its own')
  const again = type === 'IndexStmt' ? node['if_not_exists'] === true && typeof node['idxname'] === 'string' : node['missing_ok'] === true
  if (again) return undefined
  const words = type === 'IndexStmt' ? 'create index concurrently if not exists <name>' : 'drop index concurrently if exists'
  return unsafe('concurrently', 'could not be repeated after an interruption', `write ${words}`)
}

const isConcurrent = (type: string, node: Node) => (type === 'IndexStmt' || type === 'DropStmt') && node['concurrent'] === true

function concurrentIndex({ type, node }: Statement): string | undefined {
  if (!isConcurrent(type, node)) return undefined
  if (type === 'IndexStmt') return node['idxname'] as string | undefined
  return namesIn(((node['objects'] as readonly Node[] | undefined) ?? [])[0]).at(-1)
}

const harmless = new Set([
  'CreateSeqStmt',
  'CreateSchemaStmt',
  'CreateEnumStmt',
  'CompositeTypeStmt',
  'CreateDomainStmt',
  'CreateExtensionStmt',
  'CreateStatsStmt',
  'CommentStmt',
  'VariableShowStmt',
])

function unsafeties({ type, node }: Statement, file: FileSoFar): readonly Unsafe[] {
  // A query can remove rows in one of its parts, in whatever statement it stands.
  if (type !== 'DeleteStmt' && kindsIn(node).some((kind) => kind === 'DeleteStmt' || kind === 'MergeStmt')) return [rowsGone]
  // How long a lock is waited for is not for a file to say.
  if (/Set|Select/.test(type) && JSON.stringify(node).includes('lock_timeout')) return [unknown('SET lock_timeout')]
  if (harmless.has(type)) return []
  const isNew = file.made.has(tableOf(node['relation']))
  if (type === 'AlterTableStmt')
    return isNew ? [] : commandsOf(node).flatMap((command) => commandUnsafeties(command, file.locked || locks(node)))
  const judgeOne = judges[type]
  const found = judgeOne ? judgeOne(node, { ...file, isNew }) : unknown(type)
  return found === undefined ? [] : [found]
}

const unknown = (type: string) =>
  unsafe('unknown', `${type.replace(/Stmt$/, '')}: what this does to the old candidate cannot be told`, inContract)

const rowsGone = unsafe('data', 'removes rows that the old candidate may need', inContract)

const backfill = unsafe(
  'backfill',
  'fills rows while a table is locked by the change before it',
  'fill them in a file of its own, after this one',
)

const judges: Readonly<Record<string, (node: Node, file: FileSoFar & { isNew: boolean }) => Unsafe | undefined>> = {
  CreateStmt: (node) => (node['inhRelations'] === undefined ? undefined : unknown('CREATE TABLE of another one')),
  ViewStmt: (node) => replaced(node, 'view'),
  CreateFunctionStmt: (node) => replaced(node, 'function'),
  CreateTrigStmt: (node) => replaced(node, 'trigger'),
  AlterEnumStmt: ({ newVal, oldVal }) =>
    newVal !== undefined && oldVal === undefined
      ? undefined
      : unsafe('rename', 'renames a value that the old candidate uses', 'add the new value here, and move to it later'),
  GrantStmt: ({ is_grant: isGrant }) =>
    isGrant === true ? undefined : unsafe('revoke', 'takes rights away that the old candidate may use', inContract),
  IndexStmt: ({ concurrent }, { isNew }) =>
    concurrent === true || isNew
      ? undefined
      : unsafe(
          'index',
          'building an index keeps everybody from writing to its table',
          'write create index concurrently if not exists … in a file of its own',
        ),
  DropStmt: ({ removeType, concurrent }) =>
    removeType === 'OBJECT_INDEX' && concurrent === true
      ? undefined
      : unsafe('drop', `drops what the old candidate may need (${words(removeType)})`, inContract),
  RenameStmt: ({ renameType }) =>
    renameType === 'OBJECT_INDEX'
      ? undefined
      : unsafe(
          'rename',
          `the old candidate knows it by its old name (${words(renameType)})`,
          'add the new one beside it and keep both filled; drop the old one in a contract migration',
        ),
  TruncateStmt: () => rowsGone,
  DeleteStmt: () => rowsGone,
  VariableSetStmt: ({ kind }) => (kind === 'VAR_RESET_ALL' ? unknown('RESET ALL') : undefined),
  UpdateStmt: (_node, { locked, isNew }) => (locked && !isNew ? backfill : undefined),
  InsertStmt: (node, { locked }) => (locked && kindsIn(node).includes('fromClause') ? backfill : undefined),
  CreateTableAsStmt: (_node, { locked }) => (locked ? backfill : undefined),
  DoStmt: () => unsafe('opaque', 'a DO block can do anything, and cannot be read here', 'write plain SQL'),
  SelectStmt: (node) =>
    functionsIn(node).every((name) => name === 'setval' || name === 'set_config')
      ? undefined
      : unsafe('opaque', 'a function can do anything, and cannot be read here', 'write plain SQL'),
}

const replaced = ({ replace }: Node, what: string) =>
  replace === true ? unsafe('replace', `replaces a ${what} that the old candidate may use`, 'give the new one another name') : undefined

type Command = { readonly subtype: string; readonly def: Node }
const commandsOf = (node: Node): readonly Command[] =>
  ((node['cmds'] as readonly { AlterTableCmd: Node }[] | undefined) ?? []).map(({ AlterTableCmd: { subtype, def } }) => ({
    subtype: subtype as string,
    def: (def as Node | undefined) ?? {},
  }))

const stillFine = new Set(['AT_DropNotNull', 'AT_SetStatistics', 'AT_SetRelOptions', 'AT_ResetRelOptions'])

function commandUnsafeties({ subtype, def }: Command, isLocked: boolean): readonly Unsafe[] {
  if (stillFine.has(subtype)) return []
  if (subtype === 'AT_AddColumn') return columnUnsafeties(def['ColumnDef'] as Node)
  // Without an expression it is dropped.
  if (subtype === 'AT_ColumnDefault' && Object.keys(def).length > 0) return []
  if (subtype === 'AT_AddConstraint') return addedConstraint(def['Constraint'] as Node)
  if (subtype === 'AT_ValidateConstraint' && !isLocked) return []
  return [commandMessages[subtype] ?? unknown(`ALTER TABLE (${words(subtype)})`)]
}

const commandMessages: Readonly<Record<string, Unsafe>> = {
  AT_DropColumn: unsafe('drop', 'drops a column that the old candidate may need', inContract),
  AT_AlterColumnType: unsafe(
    'type',
    'the old candidate expects the old type, and the table is rewritten while nobody can use it',
    'add a column of the new type, keep both filled, and drop the old one in a contract migration',
  ),
  AT_SetNotNull: unsafe(
    'not-null',
    'the old candidate may leave it empty, and every row is read while nobody can write',
    'add check (… is not null) not valid once no candidate leaves it empty, validate it in another file, and set not null in a contract migration',
  ),
  AT_ColumnDefault: unsafe('default', 'drops a default that the old candidate may rely on', inContract),
  AT_DropConstraint: unsafe('drop', 'drops a constraint that the old candidate may rely on', inContract),
  AT_ValidateConstraint: unsafe(
    'constraint',
    'validates while a table is still locked by the change before it',
    'validate it in a file of its own, after this one',
  ),
}

function addedConstraint({ contype, skip_validation: isNotValid, indexname }: Node): readonly Unsafe[] {
  if (contype === 'CONSTR_CHECK' || contype === 'CONSTR_FOREIGN') {
    if (isNotValid === true) return []
    return [
      unsafe('constraint', 'every row is checked while nobody can write', 'add it NOT VALID, and validate constraint … in a later file'),
    ]
  }
  if (contype === 'CONSTR_UNIQUE' && typeof indexname === 'string') return []
  const help = 'create unique index concurrently in a file of its own, then add constraint … unique using index …'
  return [unsafe('constraint', 'its index is built while nobody can use the table', help)]
}

function columnUnsafeties({ constraints = [], typeName }: Node): readonly Unsafe[] {
  const all = (constraints as readonly { Constraint: Node }[]).map(({ Constraint }) => Constraint)
  const fallback = all.find(({ contype }) => contype === 'CONSTR_DEFAULT')
  const found: Unsafe[] = []
  const type = namesIn(typeName as Node).at(-1) ?? ''
  const isFilled = /serial/.test(type) || all.some(({ contype }) => contype === 'CONSTR_GENERATED' || contype === 'CONSTR_IDENTITY')
  if (isFilled || (fallback !== undefined && !isSteady(fallback['raw_expr'])))
    found.push(
      unsafe(
        'rewrite',
        'every row gets a value of its own: the table is rewritten while nobody can use it',
        'add the column without it, set the default, and fill old rows in a file of its own',
      ),
    )
  if (!isFilled && fallback === undefined && all.some(({ contype }) => contype === 'CONSTR_NOTNULL'))
    found.push(
      unsafe(
        'not-null',
        'the old candidate writes rows without this column, and they would be refused',
        'give it a default, or allow null',
      ),
    )
  if (all.some(({ contype }) => contype === 'CONSTR_UNIQUE' || contype === 'CONSTR_PRIMARY')) found.push(...addedConstraint({}))
  if (all.some(({ contype }) => contype === 'CONSTR_CHECK' || contype === 'CONSTR_FOREIGN'))
    found.push(...addedConstraint({ contype: 'CONSTR_CHECK' }))
  return found
}

const steadyFunctions = new Set(['now', 'transaction_timestamp', 'statement_timestamp'])

/** One value for all old rows, worked out once: PostgreSQL then does not touch them. */
function isSteady(expression: unknown): boolean {
  const kinds = kindsIn(expression)
  return (
    kinds.every((kind) => kind !== 'ColumnRef' && kind !== 'SubLink') && functionsIn(expression).every((name) => steadyFunctions.has(name))
  )
}

function kindsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(kindsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...kindsIn(inner)])
}

function functionsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(functionsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'FuncCall' ? [namesIn(inner as Node).at(-1) ?? '', ...functionsIn((inner as Node)['args'])] : functionsIn(inner),
  )
}

/** The words of a qualified name. */
function namesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn)
  if (typeof value !== 'object' || value === null) return []
  const { sval, funcname, names, List, String: text, items } = value as Record<string, unknown>
  return typeof sval === 'string' ? [sval] : namesIn(funcname ?? names ?? List ?? text ?? items)
}

function tableOf(relation: unknown): string {
  const { schemaname = 'public', relname = '' } = (relation ?? {}) as { schemaname?: string; relname?: string }
  return `${schemaname}.${relname}`
}

const words = (constant: unknown) =>
  String(constant)
    .replace(/^(OBJECT|AT)_/, '')
    .replaceAll('_', ' ')
    .toLowerCase()
