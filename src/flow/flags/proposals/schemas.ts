import { z } from 'zod'
import { Previewed, Publishing, Standing } from '../schemas.ts'

const reason = z.string().trim().min(1, 'say why').max(2_000)
export const Proposing = z.union([
  z.object({ set: Publishing.omit({ reason: true, source: true, dryRun: true }), reason }),
  z.object({ flag: z.string().min(1), stand: Standing.omit({ reason: true }), reason }),
])

export const ProposalView = z
  .object({
    proposal: z.string(),
    at: z.iso.datetime(),
    by: z.string(),
    reason: z.string(),
    flags: z.array(z.string()).meta({ description: 'their names' }),
    change: z.unknown(),
    would: z.array(Previewed).meta({ description: 'what it would do by now, while it waits' }),
    outdated: z.string().nullable().meta({ description: 'why it cannot be published any more, while it waits; null: it can' }),
    agreed: z.array(z.object({ by: z.string(), at: z.iso.datetime(), reason: z.string() })),
    closed: z.object({ at: z.iso.datetime(), published: z.boolean(), by: z.string(), reason: z.string() }).nullable(),
  })
  .meta({ id: 'FlagProposal' })
export type ProposalView = z.infer<typeof ProposalView>

export const Agreeing = z.object({ reason: z.string().trim().max(2_000).default('') })
export const TurningDown = z.object({ reason })
export const Agreed = z.object({ published: z.boolean().meta({ description: 'false: others have to agree too' }), proposal: ProposalView })
