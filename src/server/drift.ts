import path from 'node:path'
import { watchDrift, type DriftWatch } from '../flow/environment/drift/watch.ts'
import type { EnvironmentId } from '../flow/environment/provider.port.ts'
import { runInside } from '../flow/pipeline/backup/busy.ts'
import { artifactParcel } from '../flow/pipeline/worker/depot.ts'
import type { Workshop } from '../flow/pipeline/execution.ts'
import { refused } from '../kernel/errors.ts'

/** Watches the environments of this server for drift, from when they have been taken up again. */
export function makeDriftWatch({ ledger, provider, clock, newId, depot }: Workshop, say: (message: string) => void) {
  let watch: DriftWatch | undefined
  return {
    start(): void {
      if (provider.drift === undefined) return
      watch = watchDrift({
        ledger,
        provider: provider.drift,
        clock,
        newId,
        isBusy: async (id) => (await runInside(ledger, id)) !== undefined,
        spare: (digest, folder) => depot.get(artifactParcel(digest), folder),
        keepSpare: (digest, folder) => depot.put(artifactParcel(digest), path.resolve(folder)),
        say,
      })
    },
    async heal(id: EnvironmentId): Promise<readonly string[]> {
      if (watch) return watch.heal(id)
      throw refused('DRIFT_UNWATCHED', { message: `nobody watches "${id}" here`, help: 'ask the server that keeps its environments' })
    },
    close: async () => watch?.close(),
  }
}
