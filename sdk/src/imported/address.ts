/** An address, or the network that it begins: as one number, of so many bits, of which `prefix` count. */
type Network = { readonly bits: 32 | 128; readonly address: bigint; readonly prefix: number }

/** `10.0.0.1`, `10.0.0.0/8`, `2001:db8::1`, `2001:db8::/32`; undefined: it is none. */
export function networkOf(text: string): Network | undefined {
  const [written, mask, ...more] = text.split('/')
  if (more.length > 0 || written === undefined) return undefined
  const bits = written.includes(':') ? 128 : 32
  const address = bits === 32 ? fourBytes(written) : eightGroups(written)
  if (address === undefined) return undefined
  if (mask === undefined) return { bits, address, prefix: bits }
  return /^\d{1,3}$/.test(mask) && Number(mask) <= bits ? { bits, address, prefix: Number(mask) } : undefined
}

/** Whether all addresses of the first are in the second. */
export function inNetwork(inner: Network, outer: Network): boolean {
  if (inner.bits !== outer.bits) return false
  if (inner.address === outer.address && outer.prefix === outer.bits) return true
  const rest = BigInt(outer.bits - outer.prefix)
  return inner.prefix >= outer.prefix && inner.address >> rest === outer.address >> rest
}

function fourBytes(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
}

function eightGroups(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':').flatMap(groupOf)))
  const written = (head?.length ?? 0) + (tail?.length ?? 0)
  const missing = 8 - written
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head!, ...Array.from({ length: missing }, () => '0'), ...(tail ?? [])]
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
}

/** An IPv6 address may end with an IPv4 one. */
function groupOf(text: string): readonly string[] {
  const four = text.includes('.') ? fourBytes(text) : undefined
  return four === undefined ? [text] : [(four >> 16n).toString(16), (four & 0xffffn).toString(16)]
}
