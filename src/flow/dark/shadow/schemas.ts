import { z } from 'zod'

const share01 = z.number().nullable().meta({ description: '0 to 1; null: nothing is known' })

/** What copies of requests showed of a candidate in one environment. */
export const ShadowView = z
  .object({
    stream: z.string(),
    stage: z.string(),
    environment: z.string().meta({ description: 'that gets the copies' }),
    candidate: z.string(),
    commit: z.string().nullable(),
    from: z.string().meta({ description: 'the stage whose requests are copied' }),
    share: z.number().meta({ description: 'of its requests, 0 to 1' }),
    methods: z.array(z.string()),
    since: z.iso.datetime().nullable().meta({ description: 'copies before it do not count; null: nothing serves where they come from' }),
    ready: z.enum(['yes', 'not yet', 'no']),
    sentence: z.string(),
    against: z.array(z.string()),
    demands: z.object({ rehearsals: z.int(), differ: z.number(), fail: z.number(), slowerMs: z.number().nullable() }),
    demandedBy: z
      .string()
      .nullable()
      .meta({ description: 'the stage that is entered only then; null: no stage asks, and these are the usual demands' }),
    rehearsals: z.int().meta({ description: 'copies that were answered or failed' }),
    timeouts: z.int(),
    dropped: z.int().meta({ description: 'requests that were drawn and not copied, for what copies may cost' }),
    oversized: z.int().meta({
      description: 'requests that were drawn and not copied, for they or their answers are too large or too slow, or have no end',
    }),
    differing: z.object({ share: share01, noise: share01, excessAtMost: z.number() }),
    failing: z.object({ share: share01, atMost: z.number() }),
    p99Ms: z.object({ control: z.number().nullable(), candidate: z.number().nullable() }),
    differences: z.array(z.object({ difference: z.string(), candidate: z.int(), noise: z.int() })),
  })
  .meta({ id: 'Shadow' })
export type ShadowView = z.infer<typeof ShadowView>
