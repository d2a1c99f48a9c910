import { describe, expect, it } from 'vitest'
import { addressIn } from './find-engine.ts'
import { framesOf } from './frames.ts'
import { partsOf } from './images.ts'

describe('talking to an engine', () => {
  it('takes apart what is sent of two streams, however it is cut', async () => {
    const frame = (to: number, text: string) => Buffer.from([to, 0, 0, 0, 0, 0, 0, text.length, ...Buffer.from(text)])
    const all = Buffer.concat([frame(1, 'hello '), frame(2, 'oh'), frame(1, 'world')])
    for (const size of [1, 7, 9, all.length]) {
      const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.subarray(index * size, (index + 1) * size))
      const seen: string[] = []
      for await (const { to, data } of framesOf(each(pieces))) seen.push(`${to} ${String(data)}`)
      expect(seen).toEqual(['stdout hello ', 'stderr oh', 'stdout world'])
    }
  })

  it('tells name and tag of an image apart', () => {
    expect(partsOf('node')).toEqual(['node', 'latest'])
    expect(partsOf('node:24-slim')).toEqual(['node', '24-slim'])
    expect(partsOf('registry:5000/team/base')).toEqual(['registry:5000/team/base', 'latest'])
    expect(partsOf('base@sha256:1f')).toEqual(['base', 'sha256:1f'])
  })

  it('goes where DOCKER_HOST leads, and to no other machine', () => {
    expect(addressIn({ DOCKER_HOST: 'unix:///run/engine.sock' })).toEqual({ socketPath: '/run/engine.sock' })
    expect(() => addressIn({ DOCKER_HOST: 'tcp://10.0.0.1:2375' })).toThrow('only unix:///path is understood')
  })
})

async function* each(pieces: readonly Buffer[]) {
  yield* pieces
}
