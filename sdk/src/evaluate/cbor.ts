import { Fault } from './fault.ts'

const encoder = new TextEncoder()
const depthMax = 64
const sizeMax = 1_048_576
const half = new DataView(new ArrayBuffer(8))

/**
 * A JSON value as deterministic CBOR (RFC 8949, 4.2.1), numbers as flagd's decision "fractional-non-string-rand-units" has them:
 * whole ones between -2^63 and 2^64 - 1 are integers however they are written, everything else is the shortest float that keeps it.
 * @throws Fault what JSON cannot carry, and what is deeper than 64 or longer than 1 MiB
 */
export function cborOf(value: unknown): Uint8Array {
  const bytes: number[] = []
  write(bytes, value, 0)
  return Uint8Array.from(bytes)
}

function write(out: number[], value: unknown, depth: number): void {
  if (depth > depthMax) throw new Fault(`a bucketing key is nested deeper than ${depthMax}`)
  if (out.length > sizeMax) throw new Fault(`a bucketing key is longer than ${sizeMax} bytes`)
  if (value === null || value === undefined) out.push(0xf6)
  else if (value === true) out.push(0xf5)
  else if (value === false) out.push(0xf4)
  else if (typeof value === 'string') writeText(out, value)
  else if (typeof value === 'number') writeNumber(out, value)
  else if (Array.isArray(value)) {
    writeHead(out, 0x80, value.length)
    for (const item of value) write(out, item, depth + 1)
  } else if (typeof value === 'object') writeMap(out, value, depth)
  else throw new Fault(`a bucketing key cannot hold a ${typeof value}`)
}

function writeMap(out: number[], map: object, depth: number): void {
  const entries = Object.entries(map).map(([name, value]) => [cborOf(name), value] as const)
  entries.sort(([a], [b]) => compareBytes(a, b))
  writeHead(out, 0xa0, entries.length)
  for (const [name, value] of entries) {
    for (const byte of name) out.push(byte)
    write(out, value, depth + 1)
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

function writeText(out: number[], text: string): void {
  if (text.length > sizeMax) throw new Fault(`a bucketing key is longer than ${sizeMax} bytes`)
  const bytes = encoder.encode(text)
  writeHead(out, 0x60, bytes.length)
  for (const byte of bytes) out.push(byte)
}

function writeNumber(out: number[], value: number): void {
  if (!Number.isFinite(value)) throw new Fault(`a bucketing key cannot hold ${value}`)
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 64) {
    if (value >= 0) writeHead(out, 0x00, value)
    else writeHead(out, 0x20, -1n - BigInt(value))
  } else writeFloat(out, value)
}

/** The type's bits with a length, count or magnitude in the fewest bytes. */
function writeHead(out: number[], type: number, amount: number | bigint): void {
  if (amount < 24) out.push(type | Number(amount))
  else if (amount < 0x100) out.push(type | 24, Number(amount))
  else if (amount < 0x1_0000) pushBytes(out, type | 25, BigInt(amount), 2)
  else if (amount < 0x1_0000_0000) pushBytes(out, type | 26, BigInt(amount), 4)
  else pushBytes(out, type | 27, BigInt(amount), 8)
}

function pushBytes(out: number[], head: number, amount: bigint, count: number): void {
  out.push(head)
  for (let shift = (count - 1) * 8; shift >= 0; shift -= 8) out.push(Number((amount >> BigInt(shift)) & 0xffn))
}

function writeFloat(out: number[], value: number): void {
  const bits = halfBits(value)
  if (bits !== undefined) pushBytes(out, 0xf9, BigInt(bits), 2)
  else if (Math.fround(value) === value) {
    half.setFloat32(0, value)
    pushBytes(out, 0xfa, BigInt(half.getUint32(0)), 4)
  } else {
    half.setFloat64(0, value)
    pushBytes(out, 0xfb, half.getBigUint64(0), 8)
  }
}

/** The 16 bits of a number that half precision keeps exactly. Zero and infinities do not come here. */
function halfBits(value: number): number | undefined {
  const sign = value < 0 ? 0x8000 : 0
  const size = Math.abs(value)
  if (size > 65_504) return undefined
  if (size < 2 ** -14) {
    const steps = size * 2 ** 24
    return Number.isInteger(steps) ? sign | steps : undefined
  }
  half.setFloat64(0, size)
  const exponent = ((half.getUint32(0) >>> 20) & 0x7ff) - 1023
  const steps = (size / 2 ** exponent - 1) * 1024
  return Number.isInteger(steps) ? sign | ((exponent + 15) << 10) | steps : undefined
}
