import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { z } from 'zod'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import { lineageOfCommit } from './of-commit.ts'
import { Repository } from './repository.ts'
import { CommitLineage, KnownCommits, KnownRepositoryView, LineageQuery, RepositoryQuery } from './schemas.ts'
import type { Lineages } from './lineages.ts'

/** What is known of commits, and where they are, over HTTP. */
export function lineageRoutes(look: () => Promise<Lineages>): Hono<HttpEnv> {
  const route = (told: string, schema: z.ZodType) => describeRoute({ summary: told, tags: ['flow'], responses: answers(told, schema) })
  const named = async (name: string) => (await look()).repositories.repositories.get(name) ?? new Repository(name)
  return new Hono<HttpEnv>()
    .get(
      '/commits/known',
      route('what is known of a repository, for whoever brings in the rest', KnownRepositoryView),
      requires('read'),
      valid('query', RepositoryQuery),
      async (c) => c.json((await named(c.req.valid('query').repository)).known()),
    )
    .get(
      '/commits/names',
      route('the names of all commits that are known of a repository', KnownCommits),
      requires('read'),
      valid('query', RepositoryQuery),
      async (c) => {
        const { graph } = await named(c.req.valid('query').repository)
        const names: string[] = []
        for (let commit = 0; commit < graph.size; commit++) if (graph.isKnown(commit)) names.push(graph.sha(commit))
        return c.json({ commits: names })
      },
    )
    .get(
      '/lineage/:commit',
      route('where a commit is: which deployment first carried it to each environment', CommitLineage),
      requires('read'),
      valid('query', LineageQuery),
      async (c) => {
        const { stream, asOf } = c.req.valid('query')
        return c.json(await lineageOfCommit(await look(), c.req.param('commit'), stream, asOf === undefined ? undefined : Date.parse(asOf)))
      },
    )
}
