import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { sql } from 'kysely'
import type { Digest } from '../../../kernel/digest.ts'
import { tooLarge } from '../../../kernel/errors.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { artifactFolder, receiveArtifact } from '../../candidate/artifact.ts'
import { exists, removeTree } from '../../candidate/folders.ts'
import { packTree, unpackTree } from '../../candidate/parcel.ts'
import { tables } from '../tables.ts'

/** Where folders wait for the machines that need them: the source of a commit, the artifact of a candidate. */
export type Depot = {
  /** Whether it is there. Then it stays for a while, so that what needs it can be recorded. */
  wants(name: string): Promise<boolean>
  /** Safe to repeat; a parcel is never changed. */
  put(name: string, folder: string): Promise<void>
  /** Unpacks into a folder that is not there yet. @returns false: there is no such parcel */
  get(name: string, folder: string): Promise<boolean>
}

export const sourceParcel = (commit: string) => `source ${commit}`
export const artifactParcel = (digest: string) => `artifact ${digest}`

const chunkBytes = 1024 * 1024
/** Packed. More belongs into a registry, and not through a database. */
const parcelBytesMax = 4 * 1024 ** 3

/** In the ledger's database, where every server can reach them and whose backups hold them. */
export function ledgerDepot(ledger: Pick<Ledger, 'db'>): Depot & { read(name: string): Promise<Readable | undefined> } {
  const db = tables(ledger)
  const row = (name: string) => db.selectFrom('parcel').selectAll().where('name', '=', name).executeTakeFirst()

  async function read(name: string): Promise<Readable | undefined> {
    const parcel = await row(name)
    if (parcel === undefined) return undefined
    async function* chunks() {
      for (let position = 0; position < parcel!.chunks; position++) {
        const query = db.selectFrom('parcelChunk').select('bytes').where('name', '=', name).where('position', '=', position)
        yield (await query.executeTakeFirstOrThrow()).bytes
      }
    }
    return Readable.from(chunks())
  }

  const wanted = { wantedAt: sql<Date>`now()` }
  const wants = async (name: string) =>
    (await db.updateTable('parcel').set(wanted).where('name', '=', name).returning('name').executeTakeFirst()) !== undefined

  return {
    read,
    wants,
    async put(name, folder) {
      if (await wants(name)) return
      let position = 0
      let bytes = 0
      for await (const chunk of inChunks(await packTree(folder))) {
        bytes += chunk.length
        if (bytes > parcelBytesMax)
          throw tooLarge('PARCEL_TOO_LARGE', { message: `"${folder}" is too large to be given to other machines` })
        const values = { name, position: position++, bytes: chunk }
        // Left by one that was killed, or just written by another: the same folder gives the same bytes.
        await db
          .insertInto('parcelChunk')
          .values(values)
          .onConflict((c) => c.columns(['name', 'position']).doUpdateSet({ bytes: chunk }))
          .execute()
      }
      await db
        .insertInto('parcel')
        .values({ name, chunks: position, bytes })
        .onConflict((c) => c.column('name').doUpdateSet(wanted))
        .execute()
    },
    async get(name, folder) {
      const parcel = await read(name)
      if (parcel === undefined) return false
      await unpackTree(parcel, folder)
      return true
    },
  }
}

/** So long a parcel stays though nothing on record needs it: it is brought before what needs it is recorded. */
const spared = sql<boolean>`wanted_at > now() - interval '1 hour'`

/** Removes the parcels that nothing needs any more. */
export async function pruneParcels(ledger: Pick<Ledger, 'db'>, keep: ReadonlySet<string>): Promise<void> {
  const db = tables(ledger)
  for (const { name } of await db.selectFrom('parcel').select('name').where(spared, 'is', false).execute()) {
    if (keep.has(name)) continue
    // At once: whoever brings it again meanwhile finds it whole, or not there.
    await db.transaction().execute(async (tx) => {
      const gone = await tx.deleteFrom('parcel').where('name', '=', name).where(spared, 'is', false).returning('name').executeTakeFirst()
      if (gone !== undefined) await tx.deleteFrom('parcelChunk').where('name', '=', name).execute()
    })
  }
}

async function* inChunks(stream: Readable): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = []
  let size = 0
  for await (const piece of stream) {
    waiting.push(piece as Buffer)
    size += (piece as Buffer).length
    if (size < chunkBytes) continue
    yield Buffer.concat(waiting)
    waiting = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(waiting)
}

/** An artifact as it stands on this machine, fetched when it does not. @returns its folder; undefined: it is nowhere to be had */
export async function artifactHere(store: string, depot: Pick<Depot, 'get'>, digest: Digest): Promise<string | undefined> {
  const folder = artifactFolder(store, digest)
  if (await exists(folder)) return folder
  const place = await mkdtemp(path.join(path.dirname(store), 'arriving-'))
  try {
    if (!(await depot.get(artifactParcel(digest), path.join(place, 'tree')))) return undefined
    return (await receiveArtifact({ from: path.join(place, 'tree'), store, digest })).folder
  } finally {
    await removeTree(place)
    await rm(place, { recursive: true, force: true })
  }
}
