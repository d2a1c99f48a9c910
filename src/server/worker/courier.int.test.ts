import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeTree } from '../../flow/candidate/folders.ts'
import { packTree } from '../../flow/candidate/parcel.ts'
import { makeCourier } from './courier.ts'

const card = { home: 'home-of-it', name: 'far', labels: {}, capacity: 1 }
const step = { run: 'run', name: 'checkout', fence: 1 }

describe('a folder that a worker fetches', () => {
  let place: string
  const answers: ((response: ServerResponse, packed: Buffer) => void)[] = []
  let packed: Buffer
  const server = createServer((_request, response) => (answers.shift() ?? whole)(response, packed))
  const whole = (response: ServerResponse, bytes: Buffer) => void response.end(bytes)
  /** As from a server that is killed, and as from a proxy that gives up. */
  const halves = [
    (response: ServerResponse, bytes: Buffer) => void response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy()),
    (response: ServerResponse, bytes: Buffer) => void response.end(bytes.subarray(0, bytes.length / 2)),
  ]

  beforeEach(async () => {
    place = await mkdtemp(path.join(tmpdir(), 'threeways courier '))
    await mkdir(path.join(place, 'there'))
    await writeFile(path.join(place, 'there', 'app'), randomBytes(400_000))
    packed = await buffer(await packTree(path.join(place, 'there')))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await removeTree(place)
  })

  const fetched = () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return makeCourier(url, 'token', card, new AbortController().signal).depotOf(step).get('source 1', path.join(place, 'here'))
  }

  it('is fetched again when it did not arrive whole', async () => {
    answers.push(...halves)
    expect(await fetched()).toBe(true)
    expect(await readFile(path.join(place, 'here', 'app'))).toEqual(await readFile(path.join(place, 'there', 'app')))
  })

  it('is given up in the end, for no fault of the change', async () => {
    answers.push(...halves, ...halves, ...halves)
    await expect(fetched()).rejects.toMatchObject({ kind: 'unavailable', code: 'TRANSFER_INTERRUPTED' })
    answers.length = 0
  })
})
