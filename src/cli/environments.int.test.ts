import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import type { CliContext } from './context.ts'
import { list, show } from './environments.ts'
import { makeOutput } from './output.ts'

const digest = `sha256:${'a'.repeat(64)}`
/** As a server told of one before there were secrets, drift, limits and sleep. */
const environment = {
  id: 'shop/production',
  exists: true,
  traffic: digest,
  shares: [{ candidate: digest, role: 'main', percent: 100 }],
  isolation: { by: 'none', network: 'host', why: 'nobody asked for it' },
  services: [
    {
      service: 'web',
      candidate: digest,
      role: 'main',
      replica: 0,
      running: digest,
      state: 'ready',
      serving: true,
      pid: 1,
      port: 2,
      restarts: 0,
      since: '2026-01-01T00:00:00.000Z',
      problem: null,
    },
  ],
  resources: [],
  urls: { web: 'http://127.0.0.1:2' },
}

it('tells of the environments of a server that is older than the command line', async () => {
  const server = createServer(({ url }, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(url === '/api/environments' ? { environments: [environment] } : environment))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  let told = ''
  const output = { ...makeOutput(process), result: (text: string) => void (told += `${text}\n`) }
  const context = { process, cwd: process.cwd(), env: {}, output } as CliContext
  const flags = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, json: false }
  try {
    await list.call(context, flags)
    await show.call(context, flags, 'production')
  } finally {
    server.close()
  }
  expect(told.match(/shop\/production .*web .*ready .*http:\/\/127\.0\.0\.1:2/g)).toHaveLength(2)
  expect(told).not.toContain('undefined')
})
