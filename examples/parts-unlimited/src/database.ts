import { readdir, readFile } from 'node:fs/promises'
import { Pool, type PoolClient } from 'pg'
import type { Basket } from './basket.ts'
import { type Quote, quote } from './pricing.ts'
import { log } from './telemetry.ts'

export type Part = { readonly id: number; readonly priceCents: number; readonly stock: number } & Readonly<
  Record<'number' | 'name' | 'category' | 'description' | 'drawing', string>
>
export type Line = Part & { readonly quantity: number }
export type Customer = { readonly name: string; readonly email: string }

/** The basket asks for more than there is. Nothing was written. */
export class OutOfStock extends Error {}

const migrations = new URL('../db/migrations/', import.meta.url)
/** Any number, the same in every instance: whoever holds this lock migrates, the others wait. */
const migrationLock = 7_333_001
const selectParts = 'select id, number, name, category, description, drawing, price_cents as "priceCents", stock from parts'

export class Database {
  readonly #pool: Pool

  constructor(url: string) {
    this.#pool = new Pool({ connectionString: url, max: 8, connectionTimeoutMillis: 3_000, statement_timeout: 5_000 })
    // A server that goes away ends idle connections; the pool opens new ones when it is back.
    this.#pool.on('error', (error) => log('error', 'lost a database connection', { error: error.message }))
  }

  /**
   * Applies what is missing, by order of file name, all or nothing. The version before still serves from the same database,
   * and may serve again after a rollback: a migration only adds (expand); a later one takes away what nobody uses (contract).
   */
  async migrate(): Promise<readonly string[]> {
    return this.#transaction(async (client) => {
      await client.query('set local statement_timeout = 0')
      await client.query('select pg_advisory_xact_lock($1)', [migrationLock])
      await client.query("set local lock_timeout = '5s'") // Rather fail to start than make every reader queue behind us.
      await client.query(
        'create table if not exists schema_migrations (name text primary key, applied_at timestamptz not null default now())',
      )
      const applied = new Set((await client.query<{ name: string }>('select name from schema_migrations')).rows.map((row) => row.name))
      const missing = (await readdir(migrations)).filter((name) => name.endsWith('.sql') && !applied.has(name)).toSorted()
      for (const name of missing) {
        await client.query(await readFile(new URL(name, migrations), 'utf8'))
        await client.query('insert into schema_migrations (name) values ($1)', [name])
      }
      return missing
    })
  }

  /** Rejects when the shop's tables cannot be read. */
  async ping(): Promise<void> {
    await this.#pool.query('select from parts limit 1')
  }

  /** Parts in which every word occurs; all of them for no words. */
  async search(words: readonly string[]): Promise<readonly Part[]> {
    const lacksOne =
      "select from unnest($1::text[]) word where position(lower(word) in lower(concat_ws(' ', name, number, category, description))) = 0"
    return (await this.#pool.query<Part>(`${selectParts} where not exists (${lacksOne}) order by id`, [words])).rows
  }

  async categories(): Promise<readonly string[]> {
    const found = await this.#pool.query<{ category: string }>('select category from parts group by category order by min(id)')
    return found.rows.map((row) => row.category)
  }

  async part(id: number): Promise<Part | undefined> {
    return (await this.#pool.query<Part>(`${selectParts} where id = $1`, [id])).rows[0]
  }

  async lines(basket: Basket): Promise<readonly Line[]> {
    const found = await this.#pool.query<Part>(`${selectParts} where id = any($1) order by id`, [[...basket.keys()]])
    return found.rows.map((part) => ({ ...part, quantity: basket.get(part.id)! }))
  }

  /**
   * Writes the order and takes its parts out of stock, or neither. An order id is bought once: `false` when it was before.
   * @param rehearse - do all of it, then roll back: shows that buying works without buying
   * @throws OutOfStock
   */
  async buy(id: string, lines: readonly Line[], customer: Customer, rehearse: boolean): Promise<boolean> {
    return this.#transaction(async (client) => {
      if (!(await insertOrder(client, id, customer, quote(lines)))) return false
      for (const line of lines) await sell(client, id, line) // Lines are in order of id: two baskets cannot wait for each other.
      return true
    }, rehearse)
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #transaction<T>(work: (client: PoolClient) => Promise<T>, rehearse = false): Promise<T> {
    const client = await this.#pool.connect()
    let broken: Error | undefined
    try {
      await client.query('begin')
      const result = await work(client)
      await client.query(rehearse ? 'rollback' : 'commit')
      return result
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => (broken = failure))
      throw error
    } finally {
      client.release(broken)
    }
  }
}

async function insertOrder(client: PoolClient, id: string, customer: Customer, sum: Quote): Promise<boolean> {
  const inserted = await client.query(
    `insert into orders (id, customer, email, goods_cents, discount_cents, shipping_cents, tax_cents, total_cents)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing`,
    [id, customer.name, customer.email, sum.goodsCents, sum.discountCents, sum.shippingCents, sum.taxCents, sum.totalCents],
  )
  return inserted.rowCount === 1
}

async function sell(client: PoolClient, order: string, line: Line): Promise<void> {
  const taken = await client.query('update parts set stock = stock - $2 where id = $1 and stock >= $2', [line.id, line.quantity])
  if (taken.rowCount !== 1) throw new OutOfStock(`there are not ${line.quantity} of "${line.name}" left`)
  await client.query('insert into order_lines (order_id, part_id, quantity, price_cents) values ($1, $2, $3, $4)', [
    order,
    line.id,
    line.quantity,
    line.priceCents,
  ])
}
