import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import type { CliContext } from './context.ts'
import { makeOutput } from './output.ts'
import { show } from './provenance.ts'

it('writes no bundle when the bill of materials could not be read', async () => {
  const away = { type: 'about:blank', title: '', status: 503, code: 'LEDGER_UNAVAILABLE', detail: 'the database is away' }
  const server = createServer(({ url }, response) => {
    const isSbom = url!.endsWith('/sbom')
    response.writeHead(isSbom ? 503 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(isSbom ? away : { candidate: 'sha256:1', attestations: [] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const told: unknown[] = []
  const output = { ...makeOutput(process), jsonLine: (value: unknown) => void told.push(value) }
  const context = { process, cwd: process.cwd(), env: {}, output } as CliContext
  const flags = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, json: true }
  try {
    await expect(show.call(context, flags, 'sha256:1')).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' })
  } finally {
    server.close()
  }
  expect(told).toEqual([])
})
