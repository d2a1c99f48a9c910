import type { Kysely, Transaction } from 'kysely'
import { makeBreath } from '../../kernel/breath.ts'
import { instantOf, type Clock } from '../../kernel/clock.ts'
import { internal, notFound, refused } from '../../kernel/errors.ts'
import type { Envelope } from '../../kernel/signing/dsse.ts'
import type { KeptKey, KeyRing } from '../../kernel/signing/key-ring.ts'
import { publicKeyFrom, type PublicKey } from '../../kernel/signing/keys.ts'
import type { LedgerStore } from '../store/store.ts'
import { signNote, verifierKey } from './note.ts'
import type { ProofTables } from './schema.ts'
import { addLeaves, leavesFrom, nodesIn } from './tiles.ts'
import { consistencyPath, inclusionPath, rootOf } from './tree.ts'
import { checkpointText, leafHash, readCheckpoint } from './verify.mjs'

/** A key of the ledger, as it is handed out. */
export type LedgerKey = KeptKey & {
  /** As auditors write it down, c2sp.org/signed-note. */
  readonly vkey: string
  /** It signs checkpoints; else only what its server makes. */
  readonly signs: boolean
}

export type SignedCheckpoint = { readonly size: number; readonly root: string; readonly note: string; readonly madeAt: string }

/** So many leaves enter the tree in one transaction. */
const pageSize = 4_096
/** So many are read in one go: all at once would hold up whoever asks for something meanwhile. */
const readAtOnce = 100

/** What proves the ledger: its tree, its keys, its checkpoints. */
export type Log = ReturnType<typeof openLog>

/** @param ringNow - the keys of this installation as they are now; undefined: nothing can be signed here */
export function openLog(ledger: Pick<LedgerStore, 'db' | 'head'>, ringNow: () => KeyRing | undefined, clock: Clock) {
  const db = ledger.db.withTables<ProofTables>()

  async function keys(place = db): Promise<readonly LedgerKey[]> {
    const { origin } = await place.selectFrom('ledgerLog').select('origin').executeTakeFirstOrThrow()
    const rows = await place.selectFrom('ledgerKey').selectAll().orderBy('position').execute()
    return rows.map(({ keyid, publicKey, madeAt, handover, signs }) => ({
      keyid,
      publicKey,
      madeAt: madeAt as KeptKey['madeAt'],
      ...(handover === null ? {} : { handover: JSON.parse(handover) as Envelope }),
      vkey: verifierKey(origin, publicKeyFrom(publicKey)),
      signs,
    }))
  }

  async function latest(): Promise<SignedCheckpoint | undefined> {
    const row = await db.selectFrom('ledgerCheckpoint').selectAll().orderBy('size', 'desc').limit(1).executeTakeFirst()
    return row && viewed(row)
  }

  /**
   * Adds what arrived to the tree and signs it, if anything did.
   * @throws ThreewaysError `LEDGER_KEY_ELSEWHERE`, `LEDGER_FORKED`
   */
  async function checkpoint(): Promise<SignedCheckpoint> {
    const signer = await signerHere()
    const head = await ledger.head()
    while ((await seal(db, head)) < head);
    return db.transaction().execute(async (tx) => {
      const { origin, sealed } = await lock(tx)
      const before = await tx.selectFrom('ledgerCheckpoint').selectAll().orderBy('size', 'desc').limit(1).executeTakeFirst()
      if (before?.size === sealed) return viewed(before)
      const nodeAt = nodesIn(tx)
      // What was signed once binds every later signature.
      const signed = before && readCheckpoint(before.note)
      if (signed && !(await rootOf(signed.size, nodeAt)).equals(signed.root)) {
        throw internal('LEDGER_FORKED', {
          message: `the tree no longer holds what checkpoint ${signed.size} signed, so nothing more is signed`,
          help: 'somebody has changed the database: see `threeways ledger verify`',
        })
      }
      const note = signNote(checkpointText(origin, sealed, await rootOf(sealed, nodeAt)), origin, signer)
      const made = { size: sealed, note, madeAt: new Date(clock.now()) }
      await tx.insertInto('ledgerCheckpoint').values(made).execute()
      return viewed(made)
    })
  }

  const signing = async () => (await keys()).findLast(({ signs }) => signs)

  async function signerHere() {
    const ring = ringNow()
    let current = await signing()
    // Nobody's yet, or this folder's before it got a new key.
    const ours = current === undefined || ring?.keys.some(({ keyid }) => keyid === current?.keyid)
    if (ring && ours && current?.keyid !== ring.signer.keyid) {
      await introduce(ring)
      current = await signing()
    }
    if (ring && current?.keyid === ring.signer.keyid) return ring.signer
    throw refused('LEDGER_KEY_ELSEWHERE', {
      message: `checkpoints of this ledger are signed with key ${current?.keyid.slice(0, 16) ?? 'of a server'}, which is not in this data folder`,
      help: 'ask the server that holds it, or copy its signing-key.json here',
    })
  }

  /**
   * Makes this installation's keys known. The first that comes signs checkpoints from then on, and so do its successors; keys of
   * other servers on the same database sign what those make.
   * @returns whether checkpoints are signed here
   */
  async function introduce(known: KeyRing): Promise<boolean> {
    return db.transaction().execute(async (tx) => {
      await lock(tx)
      const rows = await tx.selectFrom('ledgerKey').select(['keyid', 'signs']).orderBy('position').execute()
      const there = new Set(rows.map(({ keyid }) => keyid))
      const current = rows.findLast(({ signs }) => signs)?.keyid
      const signs = current === undefined || known.keys.some(({ keyid }) => keyid === current)
      for (const { keyid, publicKey, madeAt, handover } of known.keys) {
        if (there.has(keyid)) continue
        const row = { keyid, publicKey, madeAt, handover: handover === undefined ? null : JSON.stringify(handover), signs }
        await tx
          .insertInto('ledgerKey')
          .values(row as never)
          .execute()
      }
      return signs
    })
  }

  /** That an event is under the latest checkpoint. @throws ThreewaysError `EVENT_NOT_FOUND`, and as `checkpoint` */
  async function prove(id: string) {
    const found = await db.selectFrom('event').select(['seq', 'recordedAt', 'body']).where('id', '=', id).orderBy('seq').execute()
    const row = found[0] ?? (/^\d{1,15}$/.test(id) ? await bySeq(Number(id)) : undefined)
    if (!row)
      throw notFound('EVENT_NOT_FOUND', {
        message: `there is no event "${id}"`,
        help: 'name its id, or its number as `threeways events` shows it',
      })
    const last = await latest()
    const { note, size } = last && last.size >= row.seq ? last : await checkpoint()
    const path = await inclusionPath(row.seq - 1, size, nodesIn(db))
    return {
      threeways: 'inclusion proof' as const,
      recorded: { seq: row.seq, recordedAt: instantOf(row.recordedAt.getTime()), event: JSON.parse(row.body) as object },
      path: path.map((hash) => hash.toString('base64')),
      checkpoint: note,
      keys: await keys(),
    }
  }

  const bySeq = (seq: number) => db.selectFrom('event').select(['seq', 'recordedAt', 'body']).where('seq', '=', seq).executeTakeFirst()

  /** That one checkpoint's events are the beginning of another's. @throws ThreewaysError `CHECKPOINT_NOT_FOUND` */
  async function consistency(older: number, newer: number) {
    const [first, second] = [await checkpointAt(older), await checkpointAt(newer)]
    const path = await consistencyPath(older, newer, nodesIn(db))
    return { older: first.note, newer: second.note, path: path.map((hash) => hash.toString('base64')), keys: await keys() }
  }

  async function checkpointAt(size: number): Promise<SignedCheckpoint> {
    const row = await db.selectFrom('ledgerCheckpoint').selectAll().where('size', '=', size).executeTakeFirst()
    if (row) return viewed(row)
    const help = 'see GET /api/ledger/checkpoints for those there are'
    throw notFound('CHECKPOINT_NOT_FOUND', { message: `there is no checkpoint of ${size} events`, help })
  }

  /** @param newest - only so many of the latest */
  async function checkpoints(newest?: number): Promise<readonly SignedCheckpoint[]> {
    const rows = db.selectFrom('ledgerCheckpoint').selectAll().orderBy('size', 'desc')
    return (await (newest === undefined ? rows : rows.limit(newest)).execute()).toReversed().map(viewed)
  }

  /** Whose signatures are believed here: this installation's, and what servers on the same database have made known. */
  async function trusted(place: Pick<LedgerStore, 'db'>): Promise<readonly PublicKey[]> {
    const known = await keys(place.db.withTables<ProofTables>())
    const own = ringNow()?.trusted ?? []
    const others = known.filter(({ keyid }) => !own.some((key) => key.keyid === keyid))
    return [...own, ...others.map(({ publicKey }) => publicKeyFrom(publicKey))]
  }

  /** The list of leaves from a place on (counted from 0), for the export: at most a tile of them. */
  async function leaves(from: number) {
    const hashes = await leavesFrom(db, from)
    const rows = await db
      .selectFrom('event')
      .select(['id', 'source', 'time', 'recordedAt', 'digest'])
      .where('seq', '>', from)
      .where('seq', '<=', from + hashes.length)
      .orderBy('seq')
      .execute()
    const data = rows.map(({ id, source, time, recordedAt, digest }) => [
      id,
      source,
      time,
      instantOf(recordedAt.getTime()),
      `sha256:${digest.toString('hex')}`,
    ])
    return { from: from + 1, hashes: Buffer.concat(hashes).toString('base64'), count: hashes.length, data }
  }

  const origin = async () => (await db.selectFrom('ledgerLog').select('origin').executeTakeFirstOrThrow()).origin

  return { keys, latest, checkpoint, introduce, prove, consistency, checkpoints, trusted, leaves, origin }
}

function viewed({ size, note, madeAt }: { size: number; note: string; madeAt: Date }): SignedCheckpoint {
  return { size, root: readCheckpoint(note)?.root.toString('base64') ?? '', note, madeAt: instantOf(madeAt.getTime()) }
}

function lock(tx: Transaction<ProofTables>) {
  return tx.selectFrom('ledgerLog').select(['origin', 'sealed']).forUpdate().executeTakeFirstOrThrow()
}

/** Adds a page of events to the tree. @returns how many are in it */
async function seal(db: Kysely<ProofTables>, head: number): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { sealed } = await lock(tx)
    if (sealed >= head) return sealed
    const until = Math.min(head, sealed + pageSize)
    const leaves: Buffer[] = []
    while (sealed + leaves.length < until) leaves.push(...(await leavesAfter(tx, sealed + leaves.length, until)))
    await addLeaves(tx, sealed, leaves)
    await tx.updateTable('ledgerLog').set({ sealed: until }).execute()
    return until
  })
}

/** Of the next events, at least one. @throws ThreewaysError `LEDGER_FORKED` */
async function leavesAfter(tx: Transaction<ProofTables>, after: number, until: number): Promise<readonly Buffer[]> {
  const rows = await tx
    .selectFrom('event')
    .select(['seq', 'source', 'id', 'time', 'recordedAt', 'digest'])
    .where('seq', '>', after)
    .where('seq', '<=', until)
    .orderBy('seq')
    .limit(readAtOnce)
    .execute()
  const gap = rows.findIndex(({ seq }, index) => seq !== after + 1 + index)
  if (rows.length === 0 || gap >= 0) {
    throw internal('LEDGER_FORKED', {
      message: `event ${after + 1 + Math.max(gap, 0)} is missing from the ledger, so nothing more is signed`,
      help: 'somebody has changed the database: bring it back from a backup',
    })
  }
  const breath = makeBreath()
  const leaves: Buffer[] = []
  for (const { seq, source, id, time, recordedAt, digest } of rows) {
    leaves.push(
      leafHash({ seq, source, id, time, recordedAt: instantOf(recordedAt.getTime()), digest: `sha256:${digest.toString('hex')}` }),
    )
    await breath()
  }
  return leaves
}
