import { sql } from 'kysely'
import type { Clock } from '../../kernel/clock.ts'
import { invalid, notFound, refused, unavailable } from '../../kernel/errors.ts'
import type { NewId } from '../../kernel/ids.ts'
import type { Hidden } from '../../kernel/scanning/forms.ts'
import { unhidable } from '../../kernel/scanning/scanner.ts'
import { event } from '../../ledger/event.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { SecretValue } from '../environment/secrets.port.ts'
import { secretKeyRotated, secretLeaked, secretRemoved, secretSet } from './events.ts'
import type { KeyFile } from './key-file.ts'
import { fingerprintOf, newKey, seal, unseal, type Key } from './sealing.ts'
import { secretTables, type SecretRow } from './tables.ts'

const valueBytesMax = 64 * 1024
const source = '/threeways/secrets'

/** Names a value: a secret of a value stream, for one environment or (empty) for all that have none of their own. */
export type SecretKey = { readonly stream: string; readonly name: string; readonly environment: string }

export type Leak = {
  readonly stream: string
  readonly secret: string
  readonly kind: 'service' | 'build' | 'check'
  readonly program: string
  readonly environment?: string
  readonly candidate?: string
  readonly run?: string
  readonly author?: string
}

export type Secrets = ReturnType<typeof makeSecrets>

type Options = { readonly clock: Clock; readonly newId: NewId; readonly keyFile: KeyFile }
type Sealed = SecretRow & { readonly sealed: Buffer }

/** Values of secrets: kept sealed in the ledger's database, beside the ledger. They go in, and out only into what they are for. */
export function makeSecrets(ledger: Ledger, { clock, newId, keyFile }: Options) {
  const envelope = (subject: string) => ({ id: newId(), time: clock.instant(), source, subject })
  const told = ({ environment }: SecretKey) => (environment === '' ? {} : { environment })

  return {
    /** @throws ThreewaysError `SECRET_VALUE`, `SECRET_KEY_MISSING`, `SECRET_KEY_WRONG`, `SECRET_KEY_UNREADABLE` */
    async set(at: SecretKey, value: Buffer, by: string): Promise<SecretRow> {
      refuseUnusable(at.name, value)
      // Of two servers' own keys only one can open what is there: a new one is made where nothing is sealed.
      const keys = (await sealedIn(ledger)) ? await keyFile.read() : await keyFile.readOrMake()
      return ledger.transaction(async (tx) => {
        await tx.lock()
        const known = await secretTables(tx)
          .selectFrom('secret')
          .select('keyId')
          .where('sealed', 'is not', null)
          .limit(1)
          .executeTakeFirst()
        if (known) keyNamed(keys, known.keyId)
        const key = keys.at(-1)!
        const version = 1 + (await latestVersion(tx, at))
        const row = {
          ...at,
          version,
          sealed: seal(key, { ...at, version }, value),
          keyId: key.id,
          fingerprint: fingerprintOf(key, value),
          setBy: by,
          setAt: clock.instant(),
        }
        // The one before it may still run somewhere, and is hidden as long.
        await ofKey(secretTables(tx).updateTable('secret').set({ sealed: null }), at)
          .where('version', '<', version - 1)
          .execute()
        await secretTables(tx).insertInto('secret').values(row).execute()
        await tx.append([
          event(secretSet, envelope(`${at.stream}/${at.name}`), { stream: at.stream, secret: at.name, ...told(at), version, by }),
        ])
        return row
      })
    },

    /** @throws ThreewaysError `SECRET_NOT_FOUND` */
    async remove(at: SecretKey, by: string): Promise<void> {
      await ledger.transaction(async (tx) => {
        await tx.lock()
        const latest = await ofKey(secretTables(tx).selectFrom('secret').selectAll(), at)
          .orderBy('version', 'desc')
          .limit(1)
          .executeTakeFirst()
        if (!latest?.sealed) throw secretNotFound(at)
        await ofKey(secretTables(tx).updateTable('secret').set({ sealed: null }), at).execute()
        await tx.append([
          event(secretRemoved, envelope(`${at.stream}/${at.name}`), { stream: at.stream, secret: at.name, ...told(at), by }),
        ])
      })
    },

    /** The latest of each, without its value. */
    async list(stream?: string): Promise<readonly SecretRow[]> {
      const rows = await latestOf(ledger)
        .$if(stream !== undefined, (query) => query.where('stream', '=', stream!))
        .execute()
      return rows.filter(({ sealed }) => sealed !== null)
    },

    /** @throws ThreewaysError `SECRET_MISSING`, and as `set` */
    async values(stream: string, environment: string, names: readonly string[]): Promise<ReadonlyMap<string, SecretValue>> {
      if (names.length === 0) return new Map()
      const rows = await chosen(ledger, stream, environment, names)
      const missing = names.find((name) => !rows.has(name))
      if (missing !== undefined) throw secretMissing(stream, missing, environment)
      const keys = await keyFile.read()
      return new Map([...rows].map(([name, row]) => [name, { value: open(keys, row), version: row.version }]))
    },

    /** Of each that has a value. */
    async versions(stream: string, environment: string, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
      if (names.length === 0) return new Map()
      return new Map([...(await chosen(ledger, stream, environment, names))].map(([name, { version }]) => [name, version]))
    },

    /** Everything that nothing of this value stream may tell: what is set, and what was set before it. */
    async hidden(stream: string): Promise<readonly Hidden[]> {
      const rows = await secretTables(ledger)
        .selectFrom('secret')
        .selectAll()
        .where('stream', '=', stream)
        .where('sealed', 'is not', null)
        .execute()
      if (rows.length === 0) return []
      const keys = await keyFile.read()
      return rows.map((row) => ({ name: row.name, value: open(keys, row as Sealed) }))
    },

    async leaked(leak: Leak): Promise<void> {
      await ledger.append([event(secretLeaked, envelope(`${leak.stream}/${leak.secret}`), leak)])
    },

    /** Every value is sealed anew with a key that is made now; the old key is forgotten. Safe to repeat after a crash. */
    async rotateKey(by: string, reason: string): Promise<number> {
      return keyFile.alone(async () => {
        const before = await keyFile.read()
        const next = newKey()
        // On disk before anything is sealed with it, and the old one until nothing is.
        await keyFile.write([...before, next])
        const count = await ledger.transaction(async (tx) => {
          await tx.lock()
          const rows = await secretTables(tx).selectFrom('secret').selectAll().where('sealed', 'is not', null).execute()
          for (const row of rows as Sealed[]) {
            const value = open(before, row)
            const sealed = { sealed: seal(next, row, value), keyId: next.id, fingerprint: fingerprintOf(next, value) }
            await ofKey(secretTables(tx).updateTable('secret').set(sealed), row).where('version', '=', row.version).execute()
          }
          await tx.append([event(secretKeyRotated, envelope(next.id), { secrets: rows.length, by, reason })])
          return rows.length
        })
        await keyFile.write([next])
        return count
      })
    },
  }
}

function refuseUnusable(name: string, value: Buffer): void {
  const why = value.length > valueBytesMax ? `is longer than ${valueBytesMax} bytes` : unhidable(value)
  if (why === undefined) return
  const help = 'a secret is long enough to be found in logs, and fits into a variable: make one with `openssl rand -base64 24`'
  throw invalid('SECRET_VALUE', { message: `the value for "${name}" ${why}`, help })
}

export function secretMissing(stream: string, name: string, environment: string) {
  return refused('SECRET_MISSING', {
    message: `secret "${name}" of "${stream}" has no value${environment === '' ? '' : ` for ${environment}`}`,
    help: `give it one with \`${commandToSet(name, environment)}\``,
  })
}

export const commandToSet = (name: string, environment: string) =>
  `threeways secret set ${name}${environment === '' ? '' : ` --environment ${environment}`}`

const secretNotFound = ({ stream, name, environment }: SecretKey) =>
  notFound('SECRET_NOT_FOUND', {
    message: `secret "${name}" of "${stream}" has no value ${environment === '' ? 'for all environments' : `of its own for ${environment}`}`,
    help: 'list them with `threeways secret ls`',
  })

function keyNamed(keys: readonly Key[], id: string): Key {
  const key = keys.find((each) => each.id === id)
  if (key) return key
  throw unavailable('SECRET_KEY_WRONG', {
    message: `the key on this machine (${keys.map((each) => each.id).join(', ')}) does not open the secrets: they are sealed with ${id}`,
    help: 'servers that share a database share the key: give them the same file, and its path in THREEWAYS_SECRET_KEY_FILE',
  })
}

function open(keys: readonly Key[], row: SecretRow & { readonly sealed: Buffer }): Buffer {
  const key = keyNamed(keys, row.keyId)
  try {
    return unseal(key, row, row.sealed)
  } catch (cause) {
    throw unavailable('SECRET_DAMAGED', {
      message: `the value of secret "${row.name}" of "${row.stream}" was changed in the database, or stands in another's place`,
      help: `set it anew: \`${commandToSet(row.name, row.environment)}\``,
      cause,
    })
  }
}

async function sealedIn(place: Pick<Ledger, 'db'>): Promise<boolean> {
  return (
    (await secretTables(place).selectFrom('secret').select('name').where('sealed', 'is not', null).limit(1).executeTakeFirst()) !==
    undefined
  )
}

// oxlint-disable-next-line typescript/no-explicit-any -- select, update and delete share no type that has `where`
function ofKey<Q extends { where(...args: any[]): any }>(query: Q, { stream, name, environment }: SecretKey): Q {
  return query.where('stream', '=', stream).where('name', '=', name).where('environment', '=', environment) as Q
}

async function latestVersion(place: Pick<Ledger, 'db'>, at: SecretKey): Promise<number> {
  const found = await ofKey(secretTables(place).selectFrom('secret').select('version'), at)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return found?.version ?? 0
}

const latestOf = (place: Pick<Ledger, 'db'>) =>
  secretTables(place)
    .selectFrom('secret')
    .selectAll()
    .where((is) =>
      is(
        sql<number>`version`,
        '=',
        sql<number>`(select max(version) from secret as other where other.stream = secret.stream and other.name = secret.name and other.environment = secret.environment)`,
      ),
    )
    .orderBy('stream')
    .orderBy('name')
    .orderBy('environment')

/** An environment's own value, else the one for all. */
export async function chosen(
  place: Pick<Ledger, 'db'>,
  stream: string,
  environment: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, Sealed>> {
  const rows = await latestOf(place)
    .where('stream', '=', stream)
    .where('name', 'in', [...names])
    .where('environment', 'in', ['', environment])
    .execute()
  // Ordered by environment: one of its own comes after the one for all, and takes its place.
  return new Map(rows.filter(({ sealed }) => sealed !== null).map((row) => [row.name, row as Sealed]))
}
