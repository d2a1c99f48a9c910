import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { notFound } from '../../kernel/errors.ts'
import { answers, requires, type HttpEnv } from '../../kernel/http.ts'
import type { Attestor } from './attestor.ts'
import { verifyBundle } from './bundle.ts'
import { Attestations, kinds } from './schemas.ts'

/** What was signed about candidates. */
export function provenanceRoutes(attestor: Pick<Attestor, 'said' | 'trusts'>): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()

  app.get(
    '/candidates/:digest/attestations',
    describeRoute({
      summary: 'what was signed about a candidate: how it was built, how checks ended, into which stages it was let',
      tags: ['flow'],
      responses: answers('oldest first', Attestations),
    }),
    requires('read'),
    async (c) => {
      const candidate = c.req.param('digest')
      const all = await attestor.said(candidate)
      const said = all.filter(isSigned)
      if (said.length === 0) throw unattested(candidate)
      const attestations = said.map(({ body, stream: _, ...row }) => ({
        ...row,
        envelope: body === null ? null : (JSON.parse(body) as Record<string, unknown>),
      }))
      const sbom = all.findLast(({ kind }) => kind === 'sbom')?.body ?? null
      const { holds, findings } = verifyBundle(
        { threeways: 'provenance', version: 1, candidate, attestations, sbom },
        await attestor.trusts(),
      )
      const proof = { holds, components: componentsIn(sbom), findings: findings.map(({ what, wrong = null }) => ({ what, wrong })) }
      return c.json({ candidate, attestations, proof } satisfies Attestations)
    },
  )
  app.get(
    '/candidates/:digest/sbom',
    describeRoute({
      summary: 'what is in a candidate: its software bill of materials',
      tags: ['flow'],
      responses: { 200: { description: 'CycloneDX 1.6, as it was digested', content: { 'application/vnd.cyclonedx+json': {} } } },
    }),
    requires('read'),
    async (c) => {
      const candidate = c.req.param('digest')
      const body = (await attestor.said(candidate)).findLast(({ kind }) => kind === 'sbom')?.body
      if (body == null) throw unattested(candidate)
      return c.body(body, 200, { 'content-type': 'application/vnd.cyclonedx+json; version=1.6' })
    },
  )
  return app
}

function isSigned<T extends { readonly kind: string | null }>(one: T): one is T & { readonly kind: (typeof kinds)[number] } {
  return (kinds as readonly (string | null)[]).includes(one.kind)
}

function componentsIn(sbom: string | null): number | null {
  try {
    const { components } = JSON.parse(sbom ?? '') as { components?: readonly unknown[] }
    return components?.length ?? 0
  } catch {
    return null
  }
}

const unattested = (candidate: string) =>
  notFound('CANDIDATE_UNATTESTED', {
    message: `nothing was signed about candidate "${candidate}"`,
    help: 'name its whole digest, as `threeways status --json` shows it; one of an earlier version has none',
  })
