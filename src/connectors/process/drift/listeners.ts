import { open, readdir, readlink } from 'node:fs/promises'
import { concurrently } from '../../../kernel/concurrently.ts'

/** Inodes of the sockets that listen on a port, at addresses at which 127.0.0.1 reaches them. */
export type Listeners = ReadonlyMap<number, readonly string[]>

const listening = '0A'
const loopback = new Set(['0100007F', '00000000', '00000000000000000000000000000000', '0000000000000000FFFF00000100007F'])

/** An IPv4 address as the kernel lists it: bytes backwards, in hexadecimal. */
const listed = (address: string) => Buffer.from(address.split('.').map(Number).toReversed()).toString('hex').toUpperCase()

/**
 * @param pid - whose network; 'self': this machine's
 * @param also - sockets at this IPv4 address count as well
 */
export async function listenersOf(pid: number | 'self', also?: string): Promise<Listeners> {
  const counted = also === undefined ? loopback : new Set([...loopback, listed(also)])
  const found = new Map<number, string[]>()
  for (const table of ['tcp', 'tcp6']) {
    for (const line of await listeningLines(`/proc/${pid}/net/${table}`)) {
      const fields = line.trim().split(/\s+/)
      const [address, port] = (fields[1] ?? '').split(':') as [string, string | undefined]
      if (port === undefined || fields[3] !== listening || !counted.has(address)) continue
      const number = Number.parseInt(port, 16)
      found.set(number, [...(found.get(number) ?? []), fields[9]!])
    }
  }
  return found
}

/** The kernel lists what listens before what is connected, which may be tens of thousands of lines. */
async function listeningLines(file: string): Promise<readonly string[]> {
  const handle = await open(file).catch(() => undefined)
  if (handle === undefined) return []
  try {
    let text = ''
    for (const buffer = Buffer.alloc(64 * 1024); ;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null)
      text += buffer.toString('latin1', 0, bytesRead)
      const lines = text.split('\n').slice(1, -1)
      const last = lines.at(-1)?.trim().split(/\s+/)[3]
      if (bytesRead === 0 || (last !== undefined && last !== listening)) return lines
    }
  } finally {
    await handle.close()
  }
}

/** Which of these sockets a process holds. */
export async function socketsOf(pid: number): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
  await concurrently(16, descriptors, async (descriptor) => {
    const inode = /^socket:\[(\d+)\]$/.exec(await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => ''))?.[1]
    if (inode !== undefined) found.add(inode)
  })
  return found
}

/** Who holds a socket; slow, and asked only when nobody of ours does. */
export async function holderOf(inode: string): Promise<number | undefined> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number)
  for (const pid of pids) if ((await socketsOf(pid)).has(inode)) return pid
  return undefined
}
