import { invalid } from '../../kernel/errors.ts'

/** Where public addresses listen, and the host that dependants are told. */
export type Reach = { readonly bind: string; readonly announce: string }

const isLoopback = (host: string) => host === 'localhost' || host.startsWith('127.')

/** @throws ThreewaysError `COMPOSE_ANNOUNCE` */
export function reachOf({ bind = '127.0.0.1', announce }: { readonly bind?: string; readonly announce?: string }): Reach {
  if (announce === undefined && bind === '0.0.0.0') {
    throw invalid('COMPOSE_ANNOUNCE', {
      message: 'option "bind" is 0.0.0.0, which is no address that anybody could ask',
      help: 'say with option "announce" by which name containers reach this machine, for example host.docker.internal',
    })
  }
  return { bind, announce: announce ?? bind }
}

/** Who can use these addresses, where that is not everybody; undefined: nothing is to be said. */
export function warningOf({ announce }: Reach): string | undefined {
  if (!isLoopback(announce)) return undefined
  return `addresses are on ${announce}: a container reaches them only with network_mode: host; for others see the options "bind" and "announce"`
}

/**
 * What dependants of a Compose service get, without the prefix that Compose adds: `URL`, `HOST` and `PORT` of the one that is
 * meant, and `API_URL`, `API_HOST`, `API_PORT` of each, in the order of their names. Pure.
 *
 * @param urls - public addresses, by service of our definition
 * @param meant - which of them; undefined when none stands out
 */
export function addressVariables(
  urls: Readonly<Record<string, string>>,
  meant: string | undefined,
  { announce }: Reach,
): readonly string[] {
  const of = (service: string, prefix: string) => {
    const { port } = new URL(urls[service]!)
    const host = announce.includes(':') ? `[${announce}]` : announce
    return [`${prefix}URL=http://${host}:${port}`, `${prefix}HOST=${announce}`, `${prefix}PORT=${port}`]
  }
  const each = Object.keys(urls).toSorted()
  const prefixed = each.flatMap((service) => of(service, `${service.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_`))
  return [...(meant === undefined ? [] : of(meant, '')), ...prefixed]
}

/**
 * The one whose address is the address of the Compose service: as told, else the one of that name, else the only one.
 * @throws ThreewaysError `COMPOSE_SERVICE`
 */
export function meantBy(urls: Readonly<Record<string, string>>, told: string | undefined, service: string): string | undefined {
  const names = Object.keys(urls)
  if (told !== undefined && !Object.hasOwn(urls, told)) {
    throw invalid('COMPOSE_SERVICE', {
      message: `option "service" names "${told}", and the definition has no service of that name with a port`,
      help: `it has ${names.join(', ') || 'none'}`,
    })
  }
  return told ?? names.find((name) => name === service) ?? (names.length === 1 ? names[0] : undefined)
}
