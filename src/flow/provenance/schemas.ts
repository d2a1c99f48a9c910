import { z } from 'zod'

/** Shapes the API answers with about what was signed. */

/** Of what is signed; the bill of materials is named by the provenance. */
export const kinds = ['provenance', 'test-result', 'verification-summary'] as const

const Attestation = z
  .object({
    statement: z.string().meta({ description: 'digest of the envelope as it is kept; the ledger names it so' }),
    kind: z.enum(kinds),
    run: z.string().nullable(),
    keyid: z.string().nullable(),
    stage: z.string().nullable(),
    check: z.string().nullable(),
    result: z.string().nullable(),
    madeAt: z.string().nullable(),
    envelope: z.looseObject({}).nullable().meta({ description: 'DSSE 1.0.0 around an in-toto Statement v1; null: it is gone' }),
  })
  .meta({ id: 'Attestation' })
export const Attestations = z
  .object({
    candidate: z.string(),
    attestations: z.array(Attestation),
    proof: z
      .object({
        holds: z.boolean(),
        components: z.int().nullable().meta({ description: 'in the bill of materials; null: there is none that can be read' }),
        findings: z.array(z.object({ what: z.string(), wrong: z.string().nullable() })),
      })
      .meta({ description: 'as this server judges it, by the keys it trusts; whoever does not trust it checks elsewhere' }),
  })
  .meta({ id: 'Attestations' })
export type Attestations = z.infer<typeof Attestations>
