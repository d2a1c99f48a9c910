import type { Kysely } from 'kysely'
import type { ProofTables } from './schema.ts'
import type { NodeAt } from './tree.ts'
import { nodeHash } from './verify.mjs'

const height = 8
const width = 2 ** height
const hashBytes = 32

type Db = Pick<Kysely<ProofTables>, 'selectFrom' | 'insertInto'>

/** The tree's hashes as they are kept, each tile read once. */
export function nodesIn(db: Db): NodeAt {
  const tiles = new Map<string, Promise<readonly Buffer[]>>()
  return async (level, index) => {
    const [row, span] = [Math.floor(level / height), 2 ** (level % height)]
    const first = index * span
    const name = `${row} ${Math.floor(first / width)}`
    const tile = tiles.get(name) ?? tileAt(db, row, Math.floor(first / width))
    tiles.set(name, tile)
    return subtree((await tile).slice(first % width, (first % width) + span))
  }
}

/** Leaf hashes from a place on (counted from 0), at most a tile of them. */
export async function leavesFrom(db: Db, from: number): Promise<readonly Buffer[]> {
  return (await tileAt(db, 0, Math.floor(from / width))).slice(from % width)
}

/** Adds leaf hashes to a tree of `size`. */
export async function addLeaves(db: Db, size: number, leaves: readonly Buffer[]): Promise<void> {
  let added = leaves
  for (let level = 0, count = size; added.length > 0; level++, count = Math.floor(count / width)) {
    const complete: Buffer[] = []
    let index = Math.floor(count / width)
    let tile = count % width === 0 ? [] : [...(await tileAt(db, level, index))].slice(0, count % width)
    for (let at = 0; at < added.length; index++, tile = []) {
      const taken = added.slice(at, at + width - tile.length)
      at += taken.length
      tile = [...tile, ...taken]
      await write(db, level, index, tile)
      if (tile.length === width) complete.push(subtree(tile))
    }
    added = complete
  }
}

async function write(db: Db, level: number, index: number, tile: readonly Buffer[]): Promise<void> {
  const hashes = Buffer.concat(tile)
  await db
    .insertInto('ledgerTile')
    .values({ level, index, hashes })
    .onConflict((c) => c.columns(['level', 'index']).doUpdateSet({ hashes }))
    .execute()
}

async function tileAt(db: Db, level: number, index: number): Promise<readonly Buffer[]> {
  const found = await db.selectFrom('ledgerTile').select('hashes').where('level', '=', level).where('index', '=', index).executeTakeFirst()
  if (!found) return []
  return Array.from({ length: found.hashes.length / hashBytes }, (_, at) => found.hashes.subarray(at * hashBytes, (at + 1) * hashBytes))
}

function subtree(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 1) return hashes[0]!
  const half = hashes.length / 2
  return nodeHash(subtree(hashes.slice(0, half)), subtree(hashes.slice(half)))
}
