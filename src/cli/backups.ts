import type { BackupView, RestoredView } from '../flow/pipeline/backup/backup-schemas.ts'
import { at, needsServer, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'

type Common = ConnectFlags & { readonly json: boolean }

export async function backups(this: CliContext, flags: Common, name: string): Promise<void> {
  await withApi(this, flags, async (api) => {
    const found = await api.get<{ backups: BackupView[] }>(at`/api/environments/backups?name=${name}`)
    if (flags.json) return this.output.json(found)
    for (const { id, bytes, before } of found.backups) this.output.result(`${id}  ${(bytes / 1e6).toFixed(1)} MB  before ${before}`)
    if (found.backups.length === 0) this.output.result('none: one is made before each migration')
  })
}

export async function restore(this: CliContext, flags: Common & { backup: string }, name: string): Promise<void> {
  await withApi(this, flags, async (api) => {
    needsServer(api)
    const restored = await api.send<RestoredView>('POST', at`/api/environments/restore?name=${name}`, { backup: flags.backup })
    if (flags.json) return this.output.json(restored)
    const { environment, backup, replaced } = restored
    this.output.result(`${environment}: ${backup.resource} is what it was at ${backup.at}; what it was until now is backup ${replaced}`)
    this.output.result('what runs there was not changed: roll back where it needs what is gone, or deliver it again')
  })
}
