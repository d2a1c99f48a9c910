import { z } from 'zod'
import { teamLengthMax, teamPattern } from './name.ts'

export const TeamName = z
  .string()
  .min(1, 'is empty; it should hold the name of a team')
  .max(teamLengthMax)
  .regex(new RegExp(teamPattern, 'u'), 'is no name of a team: it has blanks around it, or control characters in it')
  .meta({ description: 'a team, by its name' })

const Stream = z.string().trim().min(1).max(400)
const Word = z.strictObject({
  stream: Stream,
  team: TeamName.nullable().meta({ description: 'null: none any more' }),
  since: z.iso.datetime({ offset: true }).optional().meta({ description: 'since when it is so; default: now' }),
})
export const OwnersSaid = z.strictObject({
  owners: z.array(Word).min(1).max(10_000),
  reason: z.string().trim().max(2000).optional(),
  ahead: z.boolean().default(false).meta({ description: 'also of streams of which nothing is known yet' }),
})

export const OwnersRecorded = z
  .object({
    recorded: z.int(),
    unchanged: z.int().meta({ description: 'it is so already' }),
    unknown: z.array(z.string()).meta({ description: 'streams of which nothing is known yet' }),
  })
  .meta({ id: 'OwnersRecorded' })
export type OwnersRecorded = z.infer<typeof OwnersRecorded>

export const OwnersQuery = z.object({ asOf: z.iso.datetime({ offset: true }).optional(), team: TeamName.optional() })
export const OwnersView = z
  .object({
    owners: z.array(
      z.object({
        stream: z.string(),
        team: z.string(),
        since: z.iso.datetime(),
        by: z.string().meta({ description: 'who said so' }),
        reason: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'StreamOwners' })
export type OwnersView = z.infer<typeof OwnersView>
