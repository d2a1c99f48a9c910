import { z } from 'zod'
import { CandidateCard } from '../pipeline/schemas.ts'

/** What is different in a candidate: code, configuration, environment and packages. */

const instant = z.iso.datetime().meta({ description: 'UTC, RFC 3339' })

export const CommitLine = z.object({ commit: z.string(), author: z.string(), summary: z.string(), committedAt: instant })
export type CommitLine = z.infer<typeof CommitLine>

export const FileLine = z.object({
  path: z.string(),
  previous: z.string().nullable().meta({ description: 'its path before it was moved' }),
  kind: z.enum(['added', 'changed', 'removed', 'renamed']),
  added: z.int().nullable().meta({ description: 'lines; null: not a text' }),
  removed: z.int().nullable(),
})
export type FileLine = z.infer<typeof FileLine>

export const CodeDifference = z.object({
  commits: z.array(CommitLine).meta({ description: 'it brings, newest first, at most 200' }),
  commitsTotal: z.int(),
  lost: z.array(CommitLine).meta({ description: 'it does not have: going there goes back behind them' }),
  lostTotal: z.int(),
  files: z.array(FileLine).meta({ description: 'at most 1000' }),
  filesTotal: z.int(),
  added: z.int().meta({ description: 'lines in all files' }),
  removed: z.int(),
})
export type CodeDifference = z.infer<typeof CodeDifference>

export const ValueChange = z.object({
  path: z.string().meta({ description: 'JSON pointer into the definition, or name' }),
  from: z.string().nullable(),
  to: z.string().nullable(),
})
export type ValueChange = z.infer<typeof ValueChange>

export const PackageChange = z.object({
  ecosystem: z.string(),
  file: z.string(),
  name: z.string(),
  kind: z.enum(['added', 'removed', 'changed']),
  from: z.array(z.string()),
  to: z.array(z.string()),
})
export type PackageChange = z.infer<typeof PackageChange>

export const MigrationLine = z.object({
  resource: z.string(),
  name: z.string(),
  kind: z.enum(['expand', 'contract']).meta({
    description: 'expand: before the candidate runs. contract: once it is verified; older candidates cannot be gone back to any more',
  }),
})
export type MigrationLine = z.infer<typeof MigrationLine>

export const Difference = z
  .object({
    candidate: CandidateCard,
    against: z
      .object({ stage: z.string().nullable(), card: CandidateCard })
      .nullable()
      .meta({ description: 'what it is compared with; null: nothing runs there yet, all of it is new' }),
    code: CodeDifference.nullable(),
    config: z
      .object({ settings: z.string().nullable(), changes: z.array(ValueChange), same: z.int() })
      .nullable()
      .meta({ description: 'values of the definition, as the environment `settings` has it' }),
    environment: z
      .object({ same: z.boolean(), tools: z.array(ValueChange), lockFiles: z.array(ValueChange) })
      .nullable()
      .meta({ description: 'parts of the environment digest' }),
    packages: z
      .object({
        changes: z.array(PackageChange).meta({ description: 'at most 1000' }),
        total: z.int(),
        same: z.int(),
        unread: z.array(z.string()).meta({ description: 'lock files that changed and are of no known kind' }),
      })
      .nullable(),
    migrations: z
      .array(MigrationLine)
      .nullable()
      .meta({ description: 'that would change databases, in their order; null: the candidate was not built here' }),
    unknown: z.array(z.string()).meta({ description: 'what could not be compared, and why' }),
  })
  .meta({ id: 'Difference' })
export type Difference = z.infer<typeof Difference>

export const Patch = z.object({ text: z.string().meta({ description: 'unified diff' }), complete: z.boolean() }).meta({ id: 'Patch' })
export type Patch = z.infer<typeof Patch>
