import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importCsv } from './import.ts'
import { makeOutput } from './output.ts'

const map =
  '{name: x, time: {column: t, as: unix}, service: {value: shop}, environment: {value: test}, events: [{event: deployment, version: v}]}'

describe('an import whose server goes away', () => {
  let cwd: string
  let server: Server
  beforeAll(async () => {
    cwd = await mkdtemp(path.join(tmpdir(), 'interrupted '))
    let answered = 0
    server = createServer((request, response) => {
      void text(request).then((body) => {
        if (answered++ === 2) return request.socket.destroy()
        response.end(JSON.stringify({ receipts: (JSON.parse(body) as unknown[]).map((_, at) => ({ duplicate: at === 0 })) }))
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  })
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await rm(cwd, { recursive: true })
  })

  it('says how much was recorded, and that the same command goes on', async () => {
    await writeFile(path.join(cwd, 'map.yaml'), map)
    await writeFile(path.join(cwd, 'past.csv'), `t,v\n${Array.from({ length: 2500 }, (_, n) => `${1717769351 + n},v${n}\n`).join('')}`)
    const context = { process, cwd, env: {}, output: makeOutput(process) }
    const flags = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, map: 'map.yaml', skipBad: false, json: false }
    await expect(importCsv.call(context, flags, 'past.csv')).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      exitCode: 7,
      message: expect.stringMatching(/; until then 1998 events were recorded, and 2 were there already$/),
      help: expect.stringContaining('the same command then goes on, and records nothing twice'),
    })
  })
})
