import { z } from 'zod'
import { scopes } from '../kernel/http.ts'

export const Asker = z
  .object({
    name: z.string(),
    scopes: z.array(z.enum(scopes)).meta({ description: 'what it is good for; `admin`: everything' }),
    anonymous: z.boolean().meta({ description: 'no token was shown' }),
  })
  .meta({ id: 'Asker' })
export type Asker = z.infer<typeof Asker>
