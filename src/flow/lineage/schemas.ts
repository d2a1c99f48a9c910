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
