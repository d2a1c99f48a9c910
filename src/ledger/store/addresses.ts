import type { Socket } from 'node:net'
import { Client, type ClientConfig } from 'pg'
import { invalid, messageOf } from '../../kernel/errors.ts'

export type Address = { readonly host: string; readonly port: number }

export type Addresses = {
  /** The URL with its first address alone and without what only we understand: for the driver. */
  readonly url: string
  /** At least one, in the order in which they are preferred. */
  readonly list: readonly Address[]
  /** One that may only be read is passed over. */
  readonly writable: boolean
}

/** So long one address may take to answer while others wait to be asked. */
const probeMs = 2_500
/** A database that does not answer for so long is as good as gone, though its connections stand. */
const silenceMs = 5_000
const pulseMs = 1_000

/**
 * Reads the addresses of a URL, as libpq does: `postgresql://user@one:5432,two/name?target_session_attrs=read-write`. Of several
 * the first that may be written to is used, without asking for it: nothing here works with one that may only be read.
 * @throws ThreewaysError `DATABASE_URL_INVALID`
 */
export function addressesOf(url: string): Addresses {
  const [, start, authority, rest] = /^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)([^/?#]*)(.*)$/.exec(url) ?? []
  if (start === undefined || authority === undefined || rest === undefined) throw urlInvalid('the database URL is not one')
  const places = authority.split(',')
  const plain = `${start}${places[0] || 'localhost'}${rest}`
  if (!URL.canParse(plain)) throw urlInvalid('the database URL is not one')
  const parsed = new URL(plain)
  const named = parsed.searchParams.get('host')?.split(',')
  const ports = parsed.searchParams.get('port')?.split(',') ?? []
  const list = named
    ? named.map((host, index) => addressOf(`${host}`, ports[index] ?? ports[0] ?? (parsed.port || undefined)))
    : places.map((place) => addressOf(...hostAndPort(place)))
  const wanted = parsed.searchParams.get('target_session_attrs') ?? (list.length > 1 ? 'read-write' : 'any')
  if (!['any', 'read-write', 'primary'].includes(wanted))
    throw urlInvalid(`target_session_attrs=${wanted} in the database URL names a server that cannot be written to`)
  parsed.searchParams.delete('target_session_attrs')
  if (named !== undefined && named.length > 1) {
    parsed.searchParams.set('host', named[0]!)
    parsed.searchParams.delete('port')
  }
  return { url: parsed.href, list, writable: wanted !== 'any' }
}

/** `db:5432`, `[::1]:5432`, `db` */
function hostAndPort(place: string): [string, string | undefined] {
  const [, bracketed, bare, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(place) ?? []
  const host = bracketed ?? bare
  if (host === undefined) throw urlInvalid(`"${place}" in the database URL is no address`)
  return [decodeURIComponent(host), port || undefined]
}

function addressOf(host: string, port = '5432'): Address {
  const number = Number(port)
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw urlInvalid(`"${port}" in the database URL is no port`)
  return { host: host || 'localhost', port: number }
}

const urlInvalid = (message: string) =>
  invalid('DATABASE_URL_INVALID', {
    message,
    help: 'write postgresql://user:password@host:5432/database, or several as host1:5432,host2:5432; percent-encode special characters of the password',
  })

/** None of them can be used now: what each said is in the message. */
export class NoAddress extends Error {}

type Route = { address(): Promise<Address>; doubt(): void; join(client: Client): void }

/**
 * A driver's client that finds its own way: to the first address that answers and may be written to, anew after each loss. And one
 * whose silence is noticed: a host that vanished without a word would be waited for until the kernel gives up, some 15 minutes.
 */
export function clientFor({ list, writable }: Addresses, config: ClientConfig): typeof Client {
  const route = routeOf(list, writable, config)
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
      } catch (error) {
        route.doubt()
        throw error
      }
      this.once('end', () => route.doubt())
      if (!there.host.startsWith('/')) route.join(this)
      return this
    }
  }
}

function routeOf(list: readonly Address[], writable: boolean, config: ClientConfig): Route {
  const standing = new Set<Client>()
  let found: Promise<Address> | undefined
  let pulse: NodeJS.Timeout | undefined
  // What the URL says outranks the options, so its place is changed afterwards.
  const plain = (address: Address) => Object.assign(new Client({ ...config, query_timeout: silenceMs }), address)

  async function search(): Promise<Address> {
    // All are asked at once, and the order of the list decides among those that can be used.
    const asked = list.map((address) => probe(plain(address), writable))
    for (const one of asked) one.catch(() => {})
    const said: string[] = []
    for (const [index, answer] of asked.entries()) {
      const problem = await answer.catch(messageOf)
      if (problem === undefined) return list[index]!
      said.push(`${list[index]!.host}:${list[index]!.port}: ${problem}`)
    }
    throw new NoAddress(said.join('; '))
  }

  function watch(): void {
    pulse ??= setTimeout(() => {
      const [any] = standing
      if (any === undefined) return void (pulse = undefined)
      const { host, port } = any
      void probe(plain({ host, port }), false, silenceMs)
        .catch((error: unknown) => {
          // Refused is an answer; those that stand hear of it themselves.
          if (/timeout/i.test(messageOf(error))) for (const client of standing) cut(client, host, port)
        })
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
    join(client) {
      standing.add(client)
      client.once('end', () => standing.delete(client))
      watch()
    },
  }
}

/** Its queries fail as those of any broken connection. */
function cut(client: Client, host: string, port: number): void {
  if (client.host === host && client.port === port) streamOf(client).destroy()
}

const streamOf = (client: Client) => (client as unknown as { connection: { stream: Socket } }).connection.stream

/** @returns why it cannot be used; undefined: it can */
async function probe(client: Client, writable: boolean, connectMs = probeMs): Promise<string | undefined> {
  const late = setTimeout(() => streamOf(client).destroy(new Error('connection timeout')), connectMs)
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ readonly: boolean }>(
      `select pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool as readonly`,
    )
    return writable && rows[0]!.readonly ? 'it may only be read' : undefined
  } finally {
    clearTimeout(late)
    void client.end().catch(() => {})
  }
}
