import { emptyRoot, nodeHash } from './verify.mjs'

/** Hash of the complete subtree of 2^level leaves that is the index-th of its kind. */
export type NodeAt = (level: number, index: number) => Promise<Buffer>

/** Root of the first `size` leaves (RFC 9162, 2.1.1). */
export async function rootOf(size: number, nodeAt: NodeAt): Promise<Buffer> {
  return size === 0 ? emptyRoot : hashOfRange(0, size, nodeAt)
}

/** What proves that a leaf is among the first `size` (RFC 9162, 2.1.3.1). @param index - counts from 0 */
export async function inclusionPath(index: number, size: number, nodeAt: NodeAt): Promise<readonly Buffer[]> {
  const path: Buffer[] = []
  for (let [begin, end] = [0, size]; end - begin > 1;) {
    const middle = begin + powerBelow(end - begin)
    if (index < middle) {
      path.unshift(await hashOfRange(middle, end, nodeAt))
      end = middle
    } else {
      path.unshift(await hashOfRange(begin, middle, nodeAt))
      begin = middle
    }
  }
  return path
}

/** What proves that the first `older` leaves are the beginning of the first `newer` (RFC 9162, 2.1.4.1). */
export async function consistencyPath(older: number, newer: number, nodeAt: NodeAt): Promise<readonly Buffer[]> {
  if (older === 0 || older === newer) return []
  const path: Buffer[] = []
  let whole = true
  let [begin, end] = [0, newer]
  while (end !== older) {
    const middle = begin + powerBelow(end - begin)
    if (older <= middle) {
      path.unshift(await hashOfRange(middle, end, nodeAt))
      end = middle
    } else {
      path.unshift(await hashOfRange(begin, middle, nodeAt))
      begin = middle
      whole = false
    }
  }
  return whole ? path : [await hashOfRange(begin, end, nodeAt), ...path]
}

async function hashOfRange(begin: number, end: number, nodeAt: NodeAt): Promise<Buffer> {
  const size = end - begin
  const level = Math.log2(size)
  if (Number.isInteger(level)) return nodeAt(level, begin / size)
  const middle = begin + powerBelow(size)
  return nodeHash(await hashOfRange(begin, middle, nodeAt), await hashOfRange(middle, end, nodeAt))
}

/** The largest power of two below. @param size - 2 or more */
function powerBelow(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1)
}
