import { z } from 'zod'

export const RepositoryQuery = z.object({ repository: z.string().min(1).max(300).meta({ description: 'its name, as acme/shop' }) })

const Sha = z.string().meta({ description: 'full name of a commit' })

export const KnownRepositoryView = z
  .object({
    repository: z.string(),
    commits: z.int(),
    tips: z.array(Sha).meta({ description: 'known commits that no known commit goes on from' }),
    cut: z.array(Sha).meta({ description: 'commits of which a parent is not known' }),
    refs: z.record(z.string(), Sha),
    head: Sha.optional(),
    trunk: z.string().optional(),
  })
  .meta({ id: 'KnownRepository' })

export const KnownCommits = z.object({ commits: z.array(Sha) }).meta({ id: 'KnownCommits' })

export const LineageQuery = z.object({
  stream: z.string().min(1).max(400).optional().meta({ description: 'of this value stream alone' }),
  asOf: z.iso.datetime({ offset: true }).optional().meta({ description: 'leave out what was committed, merged or deployed later' }),
})

const At = z.iso.datetime()

const Link = z
  .object({
    deployment: z
      .string()
      .nullable()
      .meta({ description: 'null: it is not on record, but the deployment after it says that it ran before' }),
    version: z.string(),
    at: At.meta({ description: 'when it is known to have run' }),
    after: At.nullable().meta({ description: 'of one that is not on record: it came between this and `at`' }),
    reason: z.enum(['is', 'contains', 'cherry-pick of', 'picked as', 'rebased as', 'squashed into', 'reverted by']),
    through: Sha.nullable().meta({ description: 'the commit that stands for it; null: it came itself' }),
    versionBy: z.enum(['commit', 'tag', 'sha', 'name']).meta({ description: 'how the version was taken for a commit' }),
    doubt: z.enum(['first', 'gap']).nullable().meta({
      description: 'first: nothing is known of the time before. gap: a deployment is missing, or nobody knows what it brought',
    }),
    confidence: z.number().min(0).max(1).meta({ description: 'that this one was the first' }),
  })
  .meta({ id: 'LineageLink' })
export type Link = z.infer<typeof Link>

const EnvironmentOfCommit = z.object({
  environment: z.string(),
  links: z.array(Link).meta({ description: 'which deployment first carried it there, earliest first; empty: none yet' }),
  undone: z.array(Link).meta({ description: 'deployments that brought a revert of it' }),
  running: z.boolean().nullable().meta({ description: 'whether what runs there now contains it; null: nobody knows' }),
  unresolved: z.int().meta({ description: 'deployments there of which nobody knows which commit they are' }),
})
export type EnvironmentOfCommit = z.infer<typeof EnvironmentOfCommit>

const StreamOfCommit = z.object({
  stream: z.string(),
  repository: z.string(),
  paths: z.array(z.string()),
  byName: z.boolean().meta({ description: 'nobody linked them: they have one name' }),
  touched: z.boolean().meta({ description: 'the change touches what the stream is built from' }),
  change: z
    .object({ commit: Sha, subject: z.string(), commits: z.int(), begun: At, merged: At })
    .nullable()
    .meta({ description: 'the step of the trunk that it came with; null: it is not on the trunk' }),
  environments: z.array(EnvironmentOfCommit),
  toCome: z.array(z.string()).meta({ description: 'environments on its way that it has not reached' }),
})
export type StreamOfCommit = z.infer<typeof StreamOfCommit>

export const CommitLineage = z
  .object({
    commit: Sha,
    subject: z.string(),
    repository: z.string(),
    authored: At,
    committed: At,
    asOf: At.nullable().meta({ description: 'null: now' }),
    reverts: z.array(z.object({ commit: Sha, subject: z.string() })).meta({ description: 'commits that say they revert it' }),
    streams: z.array(StreamOfCommit),
  })
  .meta({ id: 'CommitLineage' })
export type CommitLineage = z.infer<typeof CommitLineage>
