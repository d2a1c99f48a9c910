import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, rm, stat, truncate } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { sha256, type Digest } from '../../../kernel/digest.ts'
import { conflict, notFound, tooLarge } from '../../../kernel/errors.ts'
import { artifactFolder, receiveArtifact } from '../../candidate/artifact.ts'
import { exists, removeTree } from '../../candidate/folders.ts'
import { packTree, treeBytesMax, unpackTree } from '../../candidate/parcel.ts'
import { artifactHere, artifactParcel, ledgerDepot, sourceParcel } from './depot.ts'
import type { Workshop } from '../execution.ts'
import type { RunRow, StepRow } from '../tables.ts'
import { sourceOf } from '../step/workspace.ts'

/** What was begun and not heard of for so long is given up. */
const forgottenMs = 3_600_000

export type Part = { readonly offset: number; readonly bytes: Uint8Array; readonly isLast: boolean }

/** Folders on their way to workers and back. Whoever asks was found to hold the step. */
export function makeParcels(shop: Workshop) {
  const depot = ledgerDepot(shop.ledger)
  const incoming = path.join(shop.work, 'incoming')
  const store = path.join(shop.work, 'artifacts')

  async function keep(file: string, digest: Digest): Promise<void> {
    const place = await mkdtemp(path.join(shop.work, 'arriving-'))
    try {
      await unpackTree(createReadStream(file), path.join(place, 'tree'))
      const { folder } = await receiveArtifact({ from: path.join(place, 'tree'), store, digest })
      await share(digest, folder)
    } finally {
      await removeTree(place)
      await rm(file, { force: true })
    }
  }

  async function share(digest: Digest, folder: string): Promise<void> {
    if (shop.isShared()) await shop.depot.put(artifactParcel(digest), folder)
  }

  /** It arrived, and only the answer was lost. */
  async function isKept(digest: Digest): Promise<boolean> {
    const folder = artifactFolder(store, digest)
    if (!(await exists(folder))) return false
    await share(digest, folder)
    return true
  }

  return {
    /** The commit's own tree, packed. @throws ThreewaysError `SOURCE_NOT_HERE`, and as `Repository.checkout` */
    async source(run: RunRow): Promise<Readable> {
      const shared = await depot.read(sourceParcel(run.commit))
      if (shared !== undefined) return shared
      const place = await mkdtemp(path.join(shop.work, 'leaving-'))
      const remove = () => void removeTree(place).catch(() => {})
      try {
        await (await sourceOf({ ...shop, run })).checkout(run.commit, path.join(place, 'source'))
        return (await packTree(path.join(place, 'source'))).once('close', remove)
      } catch (error) {
        remove()
        throw error
      }
    },

    /** The artifact of the run's candidate, packed. @throws ThreewaysError `ARTIFACT_MISSING` */
    async artifact(run: RunRow, steps: readonly StepRow[]): Promise<Readable> {
      const made = steps.find(({ work }) => work.kind === 'candidate')?.output?.['candidate'] as { artifact: Digest } | undefined
      const folder = made && (await artifactHere(store, shop.depot, made.artifact))
      if (folder === undefined) throw notFound('ARTIFACT_MISSING', { message: `run ${run.id} has no artifact here` })
      return packTree(folder)
    },

    /** Takes a part of an artifact; the last one makes it whole, and it is kept if it is what it should be. @returns from where on it is wanted */
    async bring(step: StepRow, digest: Digest, { offset, bytes, isLast }: Part): Promise<number> {
      if (step.work.kind !== 'candidate') throw conflict('STEP_MAKES_NOTHING', { message: `step "${step.name}" makes no artifact` })
      await mkdir(incoming, { recursive: true, mode: 0o700 })
      const name = sha256(`${step.owner} ${step.run} ${step.name} ${step.fence} ${digest}`).slice('sha256:'.length)
      const file = path.join(incoming, name)
      return shop.inTurn(`incoming ${file}`, async () => {
        if (offset === 0) await removeForgotten(incoming)
        const end = offset + bytes.length
        const size = (await stat(file).catch(() => undefined))?.size
        if (size === undefined && isLast && (await isKept(digest))) return end
        if ((size ?? 0) < offset) return size ?? 0
        // What nobody has answered for, because server or worker was killed, comes once more.
        if (size !== undefined && size > offset) await truncate(file, offset)
        if (end > treeBytesMax) throw tooLarge('PARCEL_TOO_LARGE', { message: 'the artifact is too large' })
        const target = await open(file, 'a', 0o600)
        await target.appendFile(bytes).finally(() => target.close())
        if (isLast) await keep(file, digest)
        return end
      })
    },
  }
}

async function removeForgotten(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name)
    const found = await stat(file).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > forgottenMs) await rm(file, { force: true })
  }
}
