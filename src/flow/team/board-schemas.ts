import { z } from 'zod'
import { ConstraintView } from '../constraint/schemas.ts'
import { Definitions, Failing, KeysView } from '../measures/keys/schemas.ts'

const { of, constraint, cannotSay } = ConstraintView.shape

export const TeamsBoard = z
  .object({
    definitions: Definitions,
    since: z.iso.datetime().nullable().meta({ description: 'the earliest of the windows of all streams; null: nothing was deployed' }),
    until: z.iso.datetime().nullable().meta({ description: 'and the latest' }),
    known: Failing,
    unowned: z.int().meta({ description: 'value streams that belonged to no team then: they are in no row' }),
    rows: z
      .array(
        KeysView.extend({
          team: z.string(),
          streams: z.array(z.string()).meta({ description: 'that belonged to it then; the keys are of all of them taken together' }),
          slowest: z.object({ stream: z.string(), of, constraint, cannotSay }).nullable().meta({
            description: 'the stream whose versions have the longest lead time (p50), and what holds it up. null: no data on any',
          }),
        }),
      )
      .meta({ description: 'by name of the team' }),
  })
  .meta({ id: 'FlowOfTeams' })
export type TeamsBoard = z.infer<typeof TeamsBoard>
