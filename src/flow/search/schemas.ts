import { z } from 'zod'

export const Found = z
  .object({
    kind: z
      .enum(['stream', 'history', 'candidate', 'run', 'stop', 'environment', 'flag', 'experiment'])
      .meta({ description: 'history: a value stream that others deliver, and that is known from what they told' }),
    id: z.string().meta({ description: 'name of the stream, flag or experiment, digest, id of the run or stop, id of the environment' }),
    stream: z.string(),
    title: z.string(),
    detail: z.string(),
    at: z.iso.datetime().nullable(),
    state: z.string().nullable(),
  })
  .meta({ id: 'Found' })
export type Found = z.infer<typeof Found>
