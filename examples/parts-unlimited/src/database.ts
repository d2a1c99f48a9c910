import { readdir, readFile } from 'node:fs/promises'
import { Pool, type PoolClient } from 'pg'
import type { Basket } from './basket.ts'
import { quote } from './pricing.ts'
import { Refused } from './refused.ts'
import { log } from './telemetry.ts'

export type Part = Readonly<{ id: number; number: string; name: string; drawing: string; priceCents: number; stock: number }>
export type Line = Part & { readonly quantity: number }
export type Order = Readonly<{ id: string; customer: string; email: string; lines: readonly Line[] }>

const migrations = new URL('../db/migrations/', import.meta.url)

export class Database {
  readonly #pool: Pool
  /** What nobody sees yet must not keep a checkout waiting for a connection, whatever becomes of it. */
  readonly #rehearsals: Pool

  constructor(url: string) {
    this.#pool = new Pool({ connectionString: url, max: 8, connectionTimeoutMillis: 3_000, statement_timeout: 5_000 })
    this.#rehearsals = new Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 3_000, statement_timeout: 500 })
    // A server that goes away ends idle connections; a pool opens new ones when it is back.
    for (const pool of [this.#pool, this.#rehearsals])
      pool.on('error', (error) => log('error', 'lost a database connection', { error: error.message }))
  }

  /** Applies what is missing, all or nothing. Only adds (expand): the version before serves from the same database. */
  async migrate(): Promise<void> {
    await this.#transaction('commit', async (client) => {
      await client.query('select pg_advisory_xact_lock(7333001)') // One instance migrates, the others wait.
      await client.query('create table if not exists migrations (file text primary key)')
      for (const file of (await readdir(migrations)).toSorted()) {
        const { rowCount } = await client.query('insert into migrations values ($1) on conflict do nothing', [file])
        if (rowCount === 1) await client.query(await readFile(new URL(file, migrations), 'utf8'))
      }
    })
  }

  /** Parts in which every word occurs; all of them for no words. */
  async search(words: readonly string[]): Promise<readonly Part[]> {
    const patterns = words.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`)
    return this.#parts("concat_ws(' ', name, number, category) ilike all ($1)", patterns)
  }

  async lines(basket: Basket): Promise<readonly Line[]> {
    const parts = await this.#parts('id = any ($1)', [...basket.keys()])
    return parts.map((part) => ({ ...part, quantity: basket.get(part.id)! }))
  }

  /** Writes the order and takes its parts out of stock, or neither. @param end - `rollback` rehearses: nothing is bought */
  async buy({ id, customer, email, lines }: Order, end: 'commit' | 'rollback', take: 'line by line' | 'at once'): Promise<void> {
    await this.#transaction(end, async (client) => {
      const written = await client.query(
        'insert into orders (id, customer, email, lines, total_cents) values ($1, $2, $3, $4, $5) on conflict do nothing',
        [id, customer, email, JSON.stringify(lines), quote(lines).totalCents],
      )
      if (written.rowCount !== 1) throw new Refused(409, 'This order was placed before: nothing was bought twice.')
      for (const some of take === 'at once' ? [lines] : lines.map((line) => [line])) await takeFromStock(client, some)
    })
  }

  /** What the chat will do when somebody opens it, and then nothing of it was. @returns who answers there */
  async rehearseChat(at: Date): Promise<readonly string[]> {
    const asked = `with asked as (insert into chat_messages (message) values ('Is somebody there?'))
      select name from clerks where ($1 - from_hour + 24) % 24 < hours order by from_hour`
    const rehearse = (client: PoolClient) => client.query<{ name: string }>(asked, [at.getUTCHours()])
    return (await this.#transaction('rollback', rehearse, this.#rehearsals)).rows.map(({ name }) => name)
  }

  async #parts(where: string, value: readonly unknown[]): Promise<readonly Part[]> {
    const columns = 'id, number, name, drawing, price_cents as "priceCents", stock'
    return (await this.#pool.query<Part>(`select ${columns} from parts where ${where} order by id`, [value])).rows
  }

  async #transaction<T>(end: 'commit' | 'rollback', work: (client: PoolClient) => Promise<T>, pool = this.#pool): Promise<T> {
    const client = await pool.connect()
    try {
      await client.query('begin')
      const result = await work(client)
      await client.query(end)
      return result
    } catch (error) {
      await client.query('rollback').catch(() => {}) // A lost connection has rolled back already.
      throw error
    } finally {
      client.release()
    }
  }
}

async function takeFromStock(client: PoolClient, lines: readonly Line[]): Promise<void> {
  const update = `update parts set stock = stock - wanted.quantity from unnest($1::integer[], $2::integer[]) as wanted (id, quantity)
    where parts.id = wanted.id and stock >= wanted.quantity returning parts.id`
  const { rows } = await client.query<{ id: number }>(update, [lines.map(({ id }) => id), lines.map(({ quantity }) => quantity)])
  const short = lines.find(({ id }) => !rows.some((row) => row.id === id))
  if (short) throw new Refused(409, `There are not ${short.quantity} of “${short.name}” left.`)
}
