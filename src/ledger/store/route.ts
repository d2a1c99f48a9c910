import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError, type ClientConfig } from 'pg'
import { messageOf } from '../../kernel/errors.ts'
import type { Address, Addresses } from './addresses.ts'
import type { Standing, Timelines } from './timelines.ts'

/** So long one address may take to answer while others wait to be asked. */
const probeMs = 2_500
/** So long the others are waited for when one that can be used has answered: one of them may have been promoted. */
const graceMs = 500
/** A database that does not answer for so long is as good as gone, though its connections stand. */
const silenceMs = 5_000
const pulseMs = 1_000

/** None of them can be used now: what each said is in the message. */
export class NoAddress extends Error {}

type Route = {
  address(): Promise<Address>
  doubt(): void
  /** @throws NoAddress when the server behind this connection must not be used */
  examine(client: Client, address: Address): Promise<void>
  join(client: Client): void
}

/**
 * A driver's client that finds its own way: to the address that may be written to and was promoted last, anew after each loss. And one
 * whose silence is noticed: a host that vanished without a word would be waited for until the kernel gives up, some 15 minutes.
 */
export function clientFor(addresses: Addresses, config: ClientConfig, timelines: Timelines): typeof Client {
  const { list } = addresses
  const route = routeOf(addresses, config, timelines)
  return class extends Client {
    override connect(callback?: unknown): Promise<this> & undefined {
      const reached = this.reach()
      if (typeof callback !== 'function') return reached as Promise<this> & undefined
      const tell = callback as (error: unknown, client?: this) => void
      void reached.then(
        () => tell(null, this),
        (error: unknown) => tell(error),
      )
      return undefined as Promise<this> & undefined
    }

    private async reach(): Promise<this> {
      const there = list.length > 1 ? await route.address() : list[0]!
      Object.assign(this, there)
      try {
        await super.connect()
        // Lost while it is asked: the question fails, and nobody listens to it yet.
        this.on('error', () => {})
        await route.examine(this, there)
      } catch (error) {
        route.doubt()
        streamOf(this).destroy()
        throw error
      }
      this.once('end', () => route.doubt())
      if (list.length > 1 || !there.host.startsWith('/')) route.join(this)
      return this
    }
  }
}

function routeOf({ list, writable }: Addresses, config: ClientConfig, timelines: Timelines): Route {
  const standing = new Set<Client>()
  let found: Promise<Address> | undefined
  let pulse: NodeJS.Timeout | undefined
  // What the URL says outranks the options, so its place is changed afterwards.
  const plain = (address: Address) => Object.assign(new Client({ ...config, query_timeout: silenceMs }), address)

  async function problemOf(said: Standing): Promise<string | undefined> {
    return writable && said.isReadOnly ? 'it may only be read' : timelines.behind(said)
  }

  async function search(): Promise<Address> {
    const usable: { index: number; said: Standing }[] = []
    const problems: string[] = []
    const ask = async (address: Address, index: number): Promise<void> => {
      const said = await probe(plain(address), probeMs).catch(messageOf)
      const problem = typeof said === 'string' ? said : await problemOf(said)
      if (problem === undefined) usable.push({ index, said: said as Standing })
      else problems[index] = `${address.host}:${address.port}: ${problem}`
    }
    const asked = list.map(ask)
    const all = Promise.all(asked)
    await Promise.race([
      all,
      Promise.any(asked.map(async (one, index) => one.then(() => isUsable(index)))).then(
        () => sleep(graceMs),
        () => all,
      ),
    ])
    const best = promotedLast(usable)
    if (best === undefined) throw new NoAddress(problems.filter(Boolean).join('; '))
    await timelines.saw(best.said)
    return list[best.index]!

    function isUsable(index: number): void {
      if (!usable.some((one) => one.index === index)) throw new NoAddress()
    }
  }

  /** Whether they who are used are heard, and whether another was promoted: what those take who do not know of it would be lost. */
  async function look(): Promise<void> {
    const used = new Set([...standing].map(({ host, port }) => `${host}:${port}`))
    await Promise.all(
      list.map(async (address) => {
        const isUsed = used.has(`${address.host}:${address.port}`)
        try {
          const said = await probe(plain(address), isUsed ? silenceMs : probeMs)
          if (list.length > 1 && (await timelines.saw(said))) {
            found = undefined
            cut((client) => !isAt(client, address))
          }
        } catch (error) {
          // Refused is an answer; those that stand hear of it themselves.
          if (isUsed && /timeout/i.test(messageOf(error))) cut((client) => isAt(client, address))
        }
      }),
    )
  }

  /** Their queries fail as those of any broken connection. */
  function cut(which: (client: Client) => boolean): void {
    for (const client of standing) if (which(client)) streamOf(client).destroy()
  }

  function watch(): void {
    pulse ??= setTimeout(() => {
      if (standing.size === 0) return void (pulse = undefined)
      void look()
        .catch(() => {})
        .then(() => {
          pulse = undefined
          if (standing.size > 0) watch()
        })
    }, pulseMs).unref()
  }

  return {
    address() {
      found ??= search().catch((error: unknown) => {
        found = undefined
        throw error
      })
      return found
    },
    doubt() {
      found = undefined
    },
    async examine(client, { host, port }) {
      const said = await ask(client)
      const problem = await problemOf(said)
      if (problem !== undefined) throw new NoAddress(`${host}:${port}: ${problem}`)
      await timelines.saw(said)
    },
    join(client) {
      standing.add(client)
      client.once('end', () => standing.delete(client))
      watch()
    },
  }
}

/** Of those that came from one, on the highest timeline; else as they are listed. */
function promotedLast(usable: readonly { readonly index: number; readonly said: Standing }[]) {
  const [first, ...others] = usable.toSorted((one, other) => one.index - other.index)
  const timeline = ({ said }: { said: Standing }) => said.timeline ?? 0
  return others.reduce(
    (best, one) =>
      best && one.said.system !== undefined && one.said.system === best.said.system && timeline(one) > timeline(best) ? one : best,
    first,
  )
}

const isAt = (client: Client, { host, port }: Address) => client.host === host && client.port === port

const streamOf = (client: Client) => (client as unknown as { connection: { stream: Socket } }).connection.stream

async function probe(client: Client, connectMs: number): Promise<Standing> {
  const late = setTimeout(() => streamOf(client).destroy(new Error('connection timeout')), connectMs)
  client.on('error', () => {})
  try {
    await client.connect()
    return await ask(client)
  } finally {
    clearTimeout(late)
    void client.end().catch(() => {})
  }
}

const readOnly = `pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool as "isReadOnly"`
// The file that is being written is named after its timeline; what the control file says of it is as old as the last checkpoint.
const origin = `(select system_identifier::text from pg_control_system()) as system,
  case when not pg_is_in_recovery() then ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end as timeline`

async function ask(client: Client): Promise<Standing> {
  const query = async (columns: string) => {
    const { rows } = await client.query<{ isReadOnly: boolean; system?: string; timeline?: number | null }>({
      text: `select ${columns}`,
      query_timeout: silenceMs,
    } as { text: string })
    return rows[0]!
  }
  try {
    const { isReadOnly, system, timeline } = await query(`${readOnly}, ${origin}`)
    return { isReadOnly, system, timeline: timeline ?? undefined }
  } catch (error) {
    // Some hosts of databases keep it to themselves.
    if (!(error instanceof DatabaseError) || !/^(42|0A|55)/.test(error.code ?? '')) throw error
    return { isReadOnly: (await query(readOnly)).isReadOnly, system: undefined, timeline: undefined }
  }
}
