import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { notFound } from '../../kernel/errors.ts'
import { answers, requires, type HttpEnv } from '../../kernel/http.ts'
import type { Attestor } from './attestor.ts'

const Attestation = z
  .object({
    statement: z.string().meta({ description: 'digest of the envelope as it is kept; the ledger names it so' }),
    kind: z.enum(['provenance', 'test-result', 'verification-summary']),
    run: z.string().nullable(),
    keyid: z.string().nullable(),
    stage: z.string().nullable(),
    check: z.string().nullable(),
    result: z.string().nullable(),
    madeAt: z.string().nullable(),
    envelope: z.looseObject({}).nullable().meta({ description: 'DSSE 1.0.0 around an in-toto Statement v1; null: it is gone' }),
  })
  .meta({ id: 'Attestation' })
const Attestations = z.object({ candidate: z.string(), attestations: z.array(Attestation) }).meta({ id: 'Attestations' })

/** What was signed about candidates. */
export function provenanceRoutes(attestor: Pick<Attestor, 'said'>): Hono<HttpEnv> {
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
      const said = (await attestor.said(candidate)).filter(({ kind }) => kind !== 'sbom')
      if (said.length === 0) throw unattested(candidate)
      const attestations = said.map(({ body, stream: _, ...row }) => ({
        ...row,
        envelope: body === null ? null : (JSON.parse(body) as object),
      }))
      return c.json({ candidate, attestations })
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

const unattested = (candidate: string) =>
  notFound('CANDIDATE_UNATTESTED', {
    message: `nothing was signed about candidate "${candidate}"`,
    help: 'name its whole digest, as `threeways status --json` shows it; one of an earlier version has none',
  })
