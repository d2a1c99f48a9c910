import { timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import path from 'node:path'
import type { ColumnType, Kysely, Migration } from 'kysely'
import type { Clock } from '../kernel/clock.ts'
import { sha256 } from '../kernel/digest.ts'
import { writeDurably } from '../kernel/durable-file.ts'
import { conflict, hasCode, notFound } from '../kernel/errors.ts'
import type { Actor, Scope } from '../kernel/http.ts'
import { newSecret } from '../kernel/ids.ts'
import type { Ledger } from '../ledger/ledger.ts'

type TokenTables = {
  token: {
    name: string
    /** SHA-256 of the secret. The secret has 256 random bits, so a slow hash would guard nothing. */
    hash: string
    scopes: ColumnType<Scope[], string, string>
    createdAt: string
    revokedAt: string | null
  }
}

export const tokenMigrations: Readonly<Record<string, Migration>> = {
  'tokens-2026-11': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('token')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('hash', 'text', (c) => c.notNull().unique())
        .addColumn('scopes', 'jsonb', (c) => c.notNull())
        .addColumn('createdAt', 'text', (c) => c.notNull())
        .addColumn('revokedAt', 'text')
        .execute()
    },
  },
}

export type Tokens = ReturnType<typeof makeTokens>
export type TokenRow = { readonly name: string; readonly scopes: readonly Scope[]; readonly createdAt: string }

/** Credentials of people and machines. Only their hashes are stored; a secret is shown once. */
export function makeTokens(ledger: Pick<Ledger, 'db'>, clock: Clock) {
  const db = ledger.db.withTables<TokenTables>()
  return {
    /** @returns the secret, not to be had again @throws ThreewaysError `TOKEN_EXISTS` */
    async create(name: string, scopes: readonly Scope[]): Promise<string> {
      const secret = newSecret()
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('token')
        .values({ name, hash: sha256(secret), scopes: JSON.stringify(scopes), createdAt: clock.instant(), revokedAt: null })
        .onConflict((c) => c.column('name').doNothing())
        .executeTakeFirstOrThrow()
      if (numInsertedOrUpdatedRows === 0n)
        throw conflict('TOKEN_EXISTS', {
          message: `a token named "${name}" exists`,
          help: 'choose another name; a revoked one keeps its name',
        })
      return secret
    },

    async list(): Promise<readonly TokenRow[]> {
      return db.selectFrom('token').select(['name', 'scopes', 'createdAt']).where('revokedAt', 'is', null).orderBy('createdAt').execute()
    },

    /** @throws ThreewaysError `TOKEN_NOT_FOUND` */
    async revoke(name: string): Promise<void> {
      const { numUpdatedRows } = await db
        .updateTable('token')
        .set({ revokedAt: clock.instant() })
        .where('name', '=', name)
        .where('revokedAt', 'is', null)
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n)
        throw notFound('TOKEN_NOT_FOUND', { message: `no token is named "${name}"`, help: 'list them with `threeways token ls`' })
    },

    /** A name is never given twice. */
    async isRevoked(name: string): Promise<boolean> {
      const row = await db.selectFrom('token').select('revokedAt').where('name', '=', name).executeTakeFirst()
      return row !== undefined && row.revokedAt !== null
    },

    async authenticate(secret: string): Promise<Actor | undefined> {
      const hash = sha256(secret)
      const row = await db
        .selectFrom('token')
        .select(['name', 'hash', 'scopes'])
        .where('hash', '=', hash)
        .where('revokedAt', 'is', null)
        .executeTakeFirst()
      if (!row || !timingSafeEqual(Buffer.from(row.hash), Buffer.from(hash))) return undefined
      return { name: row.name, scopes: row.scopes, anonymous: false }
    },
  }
}

/** Compares in a time that tells nothing about the secret. */
export function isSecret(shown: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(shown)), Buffer.from(sha256(secret)))
}

export const adminTokenFile = (home: string) => path.join(home, 'admin-token')

/** The token of the person whose data folder it is, made at the first start; only they can read the file. */
export async function localAdmin(home: string): Promise<{ secret: string; actor: Actor }> {
  const actor: Actor = { name: userInfo().username, scopes: ['admin'], anonymous: false }
  const secret = await readAdminToken(home)
  if (secret !== undefined) return { secret, actor }
  const made = newSecret()
  await writeDurably(adminTokenFile(home), `${made}\n`)
  return { secret: made, actor }
}

/** @returns undefined when there is none yet */
export async function readAdminToken(home: string): Promise<string | undefined> {
  try {
    return (await readFile(adminTokenFile(home), 'utf8')).trim() || undefined
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}
