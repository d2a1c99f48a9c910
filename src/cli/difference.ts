import type { CodeDifference, Difference, PackageChange, Patch, ValueChange } from '../flow/difference/schemas.ts'
import { shortDigest } from '../kernel/digest.ts'
import { at, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import type { Output } from './output.ts'

const shown = 40

/** What a candidate changes of what runs in a stage. */
export async function diff(
  this: CliContext,
  flags: ConnectFlags & { json: boolean; stage: string; patch: boolean },
  candidate: string,
): Promise<void> {
  await withApi(this, flags, async (api) => {
    const against = flags.stage
    const difference = await api.get<Difference>(at`/api/candidates/${candidate}/diff?against=${against}`)
    const { files } = difference.code ?? { files: [] }
    const patches: string[] = []
    for (const { path, previous } of flags.patch ? files : []) {
      const of = new URLSearchParams({ against, path, ...(previous === null ? {} : { previous }) })
      patches.push((await api.get<Patch>(`${at`/api/candidates/${candidate}/diff/file`}?${of}`)).text)
    }
    if (flags.json) this.output.json(flags.patch ? { ...difference, patches } : difference)
    else this.output.result([describe(difference, against, this.output), ...patches].join('\n'))
  })
}

/** What would change its databases, before anything runs in it too. */
function migrationLines(migrations: NonNullable<Difference['migrations']>, output: Output): readonly string[] {
  if (migrations.length === 0) return []
  const rows = migrations.map(({ resource, name, kind }) => [
    `  ${resource}`,
    name,
    kind === 'expand' ? 'before it runs' : output.colour.yellow('once it is verified; then older candidates cannot be gone back to'),
  ])
  return section('migrations', rows, '', output)
}

function describe(difference: Difference, stage: string, output: Output): string {
  const { candidate, against, code, config, environment, packages, migrations, unknown } = difference
  const { colour } = output
  const head = `${colour.bold(shortDigest(candidate.digest))} ${candidate.commit.slice(0, 8)} ${candidate.summary}`
  const toMigrate = migrationLines(migrations ?? [], output)
  if (against === null) return [`${head}\nnothing runs in ${stage} yet: all of it is new`, ...toMigrate].join('\n')
  const where = against.stage === null ? '' : `, which runs in ${against.stage}`
  const parts = [
    [head, `against ${shortDigest(against.card.digest)} ${against.card.commit.slice(0, 8)} ${against.card.summary}${where}`],
    code === null ? [] : describeCode(code, output),
    config === null ? [] : section('configuration', valueRows(config.changes, output), `${config.same} values are the same`, output),
    environment === null
      ? []
      : section(
          'environment',
          valueRows([...environment.tools, ...environment.lockFiles], output),
          'the same tools and lock files',
          output,
        ),
    packages === null
      ? []
      : [
          ...section(
            'packages',
            packages.changes.map((change) => packageRow(change, output)),
            'no package changed',
            output,
          ),
          ...packages.unread.map((file) => colour.yellow(`  ${file} changed and is of a kind that is not read`)),
        ],
    toMigrate,
    unknown.map((what) => colour.yellow(`not compared: ${what}`)),
  ]
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

function describeCode(code: CodeDifference, output: Output): string[] {
  const { colour, table } = output
  const commits = (list: CodeDifference['commits']) =>
    table(list.slice(0, shown).map(({ commit, summary, author }) => [`  ${commit.slice(0, 8)}`, `${summary} ${colour.dim(`(${author})`)}`]))
  const marks = { added: 'new', changed: '', removed: 'gone', renamed: 'moved' }
  const files = code.files
    .slice(0, shown)
    .map(({ path, previous, kind, added, removed }) => [
      `  ${colour.green(added === null ? 'bin' : `+${added}`)}`,
      removed === null ? '' : colour.red(`-${removed}`),
      marks[kind],
      previous === null ? path : `${previous} → ${path}`,
    ])
  const more = code.filesTotal > files.length ? [colour.dim(`  and ${code.filesTotal - files.length} more files`)] : []
  return [
    colour.bold(`code: ${count(code.commitsTotal, 'commit')}, ${count(code.filesTotal, 'file')}, +${code.added} -${code.removed} lines`),
    ...(code.commitsTotal > 0 ? [commits(code.commits)] : []),
    ...(code.lostTotal > 0 ? [colour.red(`goes back behind ${count(code.lostTotal, 'commit')}:`), commits(code.lost)] : []),
    ...(files.length > 0 ? [table(files), ...more] : []),
  ]
}

function section(name: string, rows: readonly string[][], otherwise: string, { colour, table }: Output): string[] {
  if (rows.length === 0) return [`${colour.bold(name)}: ${colour.dim(otherwise)}`]
  const more = rows.length > shown ? [colour.dim(`  and ${rows.length - shown} more`)] : []
  return [colour.bold(`${name}: ${count(rows.length, 'change')}`), table(rows.slice(0, shown)), ...more]
}

const short = (value: string) =>
  /^sha256:[0-9a-f]{64}$/.test(value) ? shortDigest(value) : value.length > 60 ? `${value.slice(0, 59)}…` : value

function valueRows(changes: readonly ValueChange[], { colour }: Output): string[][] {
  return changes.map(({ path, from, to }) => [
    `  ${path}`,
    from === null ? colour.dim('absent') : colour.red(short(from)),
    `→ ${to === null ? colour.dim('absent') : colour.green(short(to))}`,
  ])
}

function packageRow({ name, kind, from, to, ecosystem }: PackageChange, { colour }: Output): string[] {
  const sign = { added: colour.green('+'), removed: colour.red('-'), changed: '~' }[kind]
  return [`  ${sign} ${name}`, [from.join(', '), to.join(', ')].filter(Boolean).join(' → '), colour.dim(ecosystem)]
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`
