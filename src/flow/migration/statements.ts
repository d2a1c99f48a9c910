import { parse } from 'libpg-query'
import { messageOf } from '../../kernel/errors.ts'

/** A piece of PostgreSQL's parse tree, as its own grammar gives it. */
export type Node = Readonly<Record<string, unknown>>

export type Statement = {
  /** `AlterTableStmt` */
  readonly type: string
  readonly node: Node
  /** Line on which it begins, from 1. */
  readonly line: number
  /** `-- threeways:allow <rule>: <reason>` in the lines before it. */
  readonly allowed: readonly Allowance[]
}

export type Allowance = { readonly rule: string; readonly reason: string; readonly line: number }

export type Parsed =
  | { readonly statements: readonly Statement[] }
  | { readonly problem: { readonly line: number; readonly message: string } }

/** Reads SQL as PostgreSQL would. psql's own commands (`\copy`) are no SQL. */
export async function statementsIn(sql: string): Promise<Parsed> {
  if (sql.trim() === '') return { statements: [] }
  // Where statements stand is counted in bytes.
  const bytes = Buffer.from(sql)
  const lineAt = countingLines(bytes)
  const behindBlank = skippingBlank(bytes)
  let found: readonly { stmt?: unknown; stmt_location?: number; stmt_len?: number }[]
  try {
    found = (await parse(sql)).stmts ?? []
  } catch (error) {
    return { problem: { line: lineOfProblem(sql, error), message: messageOf(error) } }
  }
  let end = 0
  const statements = found.map(({ stmt, stmt_location: location = 0, stmt_len: length }): Statement => {
    const start = behindBlank(location)
    const before = bytes.subarray(end, start).toString()
    const lineBefore = lineAt(end)
    end = location + (length ?? bytes.length - location)
    const [type, node] = Object.entries(stmt as Record<string, Node>)[0] ?? ['unknown', {}]
    return { type, node, line: lineAt(start), allowed: allowancesIn(before, lineBefore) }
  })
  return { statements }
}

function lineOfProblem(sql: string, error: unknown): number {
  const { cursorPosition } = (error as { sqlDetails?: { cursorPosition?: number } }).sqlDetails ?? {}
  return cursorPosition === undefined ? 1 : [...sql].slice(0, cursorPosition).join('').split('\n').length
}

/** Line of an offset, from 1. It goes on from where it was asked last: each byte is looked at once. */
function countingLines(bytes: Buffer): (offset: number) => number {
  let [at, line] = [0, 1]
  return (offset) => {
    for (; at < offset; at++) if (bytes[at] === 0x0a) line++
    return line
  }
}

/** Behind blanks and comments, which belong to the statement after them. */
function skippingBlank(bytes: Buffer): (from: number) => number {
  const text = bytes.toString('latin1')
  const blank = /(?:\s+|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*/y
  return (from) => {
    blank.lastIndex = from
    return from + blank.exec(text)![0].length
  }
}

function allowancesIn(before: string, line: number): readonly Allowance[] {
  return before.split('\n').flatMap((text, index) => {
    const found = /^\s*--\s*threeways:allow\s+([a-z-]+)\s*:\s*(\S.*?)\s*$/.exec(text)
    return found ? [{ rule: found[1]!, reason: found[2]!, line: line + index }] : []
  })
}
