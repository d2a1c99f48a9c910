const encoder = new TextEncoder()
let scratch = new Uint8Array(256)

/**
 * MurmurHash3 x86 32, seed 0, of the UTF-8 bytes of a text: what flagd's daemon hashes. (Hashing JavaScript's own 16-bit units
 * instead gives other buckets to everyone whose key is not ASCII.)
 * @returns 0 … 2^32 - 1
 */
export function murmurOfText(text: string): number {
  const length = text.length
  let hash = 0
  let at = 0
  let seen = 0
  for (const end = length - 3; at < end; at += 4) {
    const a = text.charCodeAt(at)
    const b = text.charCodeAt(at + 1)
    const c = text.charCodeAt(at + 2)
    const d = text.charCodeAt(at + 3)
    seen |= a | b | c | d
    hash = mix(hash, a | (b << 8) | (c << 16) | (d << 24))
  }
  let rest = 0
  for (let shift = 0; at < length; at++, shift += 8) {
    const unit = text.charCodeAt(at)
    seen |= unit
    rest |= unit << shift
  }
  if (seen > 127) return murmurOfUtf8(text)
  return finish(hash, rest, length)
}

function murmurOfUtf8(text: string): number {
  if (scratch.length < text.length * 3) scratch = new Uint8Array(text.length * 3)
  const length = encoder.encodeInto(text, scratch).written
  const hash = murmurOfBytes(scratch, length)
  // A key of a megabyte was a mistake of the asker: its buffer need not be kept.
  if (scratch.length > 65_536) scratch = new Uint8Array(256)
  return hash
}

/** The same of the first `length` bytes, from any seed. */
export function murmurOfBytes(bytes: Uint8Array, length: number, seed = 0): number {
  let hash = seed
  let at = 0
  for (const end = length - 3; at < end; at += 4)
    hash = mix(hash, bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
  let rest = 0
  for (let shift = 0; at < length; at++, shift += 8) rest |= bytes[at]! << shift
  return finish(hash, rest, length)
}

/** How far a hash has come after the bytes that many keys begin with: whole blocks are mixed in, up to three bytes wait. */
export type Begun = { readonly hash: number; readonly waiting: number; readonly bits: number; readonly length: number }

export function murmurBegun(bytes: Uint8Array, seed = 0): Begun {
  const blocks = bytes.length >>> 2
  let hash = seed
  let waiting = 0
  for (let at = 0; at < blocks * 4; at += 4)
    hash = mix(hash, bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
  for (let at = blocks * 4; at < bytes.length; at++) waiting |= bytes[at]! << ((at & 3) * 8)
  return { hash, waiting, bits: (bytes.length & 3) * 8, length: bytes.length }
}

/** The hash of what was begun and an ASCII text after it; -1 when the text is not ASCII. */
export function murmurEnded(begun: Begun, text: string): number {
  const { bits } = begun
  const length = text.length
  let { hash, waiting } = begun
  let seen = 0
  let at = 0
  for (const end = length - 3; at < end; at += 4) {
    const a = text.charCodeAt(at)
    const b = text.charCodeAt(at + 1)
    const c = text.charCodeAt(at + 2)
    const d = text.charCodeAt(at + 3)
    seen |= a | b | c | d
    const word = a | (b << 8) | (c << 16) | (d << 24)
    hash = mix(hash, waiting | (word << bits))
    // Shifting by 32 would shift by nothing.
    waiting = bits === 0 ? 0 : word >>> (32 - bits)
  }
  let filled = bits
  for (; at < length; at++) {
    const unit = text.charCodeAt(at)
    seen |= unit
    waiting |= unit << filled
    filled += 8
    if (filled === 32) {
      hash = mix(hash, waiting)
      waiting = 0
      filled = 0
    }
  }
  return seen > 127 ? -1 : finish(hash, waiting, begun.length + length)
}

const scramble = (block: number): number => {
  const multiplied = Math.imul(block, 0xcc9e2d51)
  return Math.imul((multiplied << 15) | (multiplied >>> 17), 0x1b873593)
}

function mix(hash: number, block: number): number {
  const mixed = hash ^ scramble(block)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

function finish(hash: number, rest: number, length: number): number {
  let done = hash ^ scramble(rest) ^ length
  done = Math.imul(done ^ (done >>> 16), 0x85ebca6b)
  done = Math.imul(done ^ (done >>> 13), 0xc2b2ae35)
  return (done ^ (done >>> 16)) >>> 0
}
