import { invalid } from '../../kernel/errors.ts'

export type Address = { readonly host: string; readonly port: number }

export type Addresses = {
  /** The URL with its first address alone and without what only we understand: for the driver. */
  readonly url: string
  /** At least one, in the order in which they are preferred. */
  readonly list: readonly Address[]
  /** One that may only be read is passed over. */
  readonly writable: boolean
}

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
