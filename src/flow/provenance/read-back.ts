import type { Digest } from '../../kernel/digest.ts'
import { artifactFolder } from '../candidate/artifact.ts'
import { exists } from '../candidate/folders.ts'
import { digestOfTree } from '../candidate/tree.ts'

/** What was found on this machine's disk. */
export type Found = 'intact' | 'absent' | { readonly changed: string }

/** So long what was read is believed, */
const believedMs = 10_000
/** and after so long it is read anew when there is time. */
const freshMs = 1_000

/**
 * Reads artifacts back from the disk ahead of the question whether they are what was built: a large one takes seconds, and the
 * question is asked behind the ledger's lock.
 */
export function makeReadBack(store: string, now: () => number = Date.now) {
  const known = new Map<string, { readonly at: number; readonly found: Found }>()

  async function look(artifact: Digest): Promise<Found> {
    const folder = artifactFolder(store, artifact)
    if (!(await exists(folder))) return 'absent'
    const digest = await digestOfTree(folder)
    return digest === artifact ? 'intact' : { changed: digest }
  }

  return {
    async read(artifact: Digest): Promise<void> {
      const before = known.get(artifact)
      if (before && now() - before.at < freshMs && before.found === 'intact') return
      // A tree that cannot be read is not what was built.
      const found = await look(artifact).catch((error: unknown): Found => ({
        changed: error instanceof Error ? error.message : String(error),
      }))
      known.set(artifact, { at: now(), found })
    },
    /** undefined: it was not read lately. */
    found(artifact: string): Found | undefined {
      const last = known.get(artifact)
      return last && now() - last.at < believedMs ? last.found : undefined
    },
  }
}
