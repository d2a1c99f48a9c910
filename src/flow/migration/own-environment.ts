import type { NewId } from '../../kernel/ids.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Desired, EnvironmentId, EnvironmentProvider, Progress } from '../environment/provider.port.ts'
import { readMigrations } from './files.ts'
import { migrateOne } from './migrate.ts'
import { beforeDeploy } from './policy.ts'

type Shop = { readonly ledger: Ledger; readonly provider: EnvironmentProvider; readonly newId: NewId }

/** Of an environment that a person asked for: nothing is gone back to there, so everything runs, in order, before the candidate does. */
export async function migrateOwn(
  { ledger, provider, newId }: Shop,
  environment: EnvironmentId,
  desired: Desired,
  watch: (progress: Progress) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const stream = environment.split('/')[0]!
  const { candidate, artifact, rendered } = desired
  for (const [resource, files] of Object.entries(await readMigrations(artifact, rendered.definition))) {
    await provider.databases?.change({ environment, desired, resource }, watch, signal, async (session) => {
      await migrateOne({
        session,
        files,
        choose: (_resource, all, history) => beforeDeploy({ files: all, history, previous: undefined }),
        about: { stream, environment, resource, candidate, run: newId() },
        source: '/threeways/environments',
        announce: async () => true,
        keep: () => {},
        tell: async (events) => void (events.length > 0 && (await ledger.append([...events]))),
        signal,
        newId,
      })
    })
  }
}
