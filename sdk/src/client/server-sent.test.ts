import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { messagesOf, type Message } from './server-sent.ts'

async function read(parts: readonly string[]): Promise<readonly (Message | undefined)[]> {
  const all: (Message | undefined)[] = []
  for await (const message of messagesOf(
    (async function* () {
      yield* parts
    })(),
  ))
    all.push(message)
  return all
}

const text = 'id: 1\r\nevent: changed\r\ndata: {"a":\r\ndata: 1}\r\n\r\n: ping\n\ndata:two\rdata\r\r: end\n'
const wanted = [{ event: 'changed', data: '{"a":\n1}' }, undefined, { event: 'message', data: 'two\n' }, undefined]

it('messages are the same wherever the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(text.length)), async (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      const parts = places.slice(1).map((end, n) => text.slice(places[n], end))
      expect(await read(parts)).toEqual(wanted)
    }),
  )
})

it('a message without end is refused', async () => {
  await expect(read(['data: ', 'x'.repeat(2_000_000)])).rejects.toThrow('longer than 1 MiB')
})
