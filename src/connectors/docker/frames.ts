/** Which of the two a frame belongs to, and what was written. */
export type Frame = { readonly to: 'stdout' | 'stderr'; readonly data: Buffer }

/**
 * Takes apart what an engine sends of a container without a terminal: frames of one byte for the stream, three zeros, four
 * bytes of length, and so many of content.
 */
export async function* framesOf(chunks: AsyncIterable<Buffer>): AsyncIterable<Frame> {
  let rest = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 8 && rest.length >= 8 + rest.readUInt32BE(4)) {
      const length = rest.readUInt32BE(4)
      yield { to: rest[0] === 2 ? 'stderr' : 'stdout', data: rest.subarray(8, 8 + length) }
      rest = rest.subarray(8 + length)
    }
  }
}
