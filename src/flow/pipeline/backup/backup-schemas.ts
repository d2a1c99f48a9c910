import { z } from 'zod'

export const BackupView = z
  .object({
    id: z.string(),
    resource: z.string(),
    at: z.string(),
    bytes: z.int(),
    before: z.string().meta({ description: 'what it was made before' }),
    closed: z.int().meta({ description: 'connections that had to be closed while it was made' }),
  })
  .meta({ id: 'Backup' })
export type BackupView = z.infer<typeof BackupView>

export const RestoredView = z
  .object({ environment: z.string(), backup: BackupView, replaced: z.string().meta({ description: 'id of the backup of what was there' }) })
  .meta({ id: 'Restored' })
export type RestoredView = z.infer<typeof RestoredView>
