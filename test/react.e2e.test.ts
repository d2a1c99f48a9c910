import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromium, openPage, openPageServer, type PageServer } from './page-server.ts'

const flag = (state: string) =>
  `flag: checkout\nowner: shop\npurpose: release\nexpires: 2099-01-01\nenvironments: {production: {state: ${state}, serve: on}}\n`

/** A shop of another origin, made with React and OpenFeature's hooks, on our provider. */
const shop = (server: string, token: string) => `
  import { createElement } from 'react'
  import { createRoot } from 'react-dom/client'
  import { OpenFeature, OpenFeatureProvider, useBooleanFlagValue } from '@openfeature/react-sdk'
  import { createClient } from '${path.resolve('sdk/src/index.ts')}'
  import { ThreewaysWebProvider } from '${path.resolve('sdk/src/openfeature/web.ts')}'

  const client = createClient({ url: '${server}/api/flag-sets/production', token: '${token}' })
  OpenFeature.setProvider(new ThreewaysWebProvider(client), { targetingKey: 'ann' })
  const Checkout = () => createElement('p', null, useBooleanFlagValue('checkout', false) ? 'one page' : 'three pages')
  const App = () => createElement(OpenFeatureProvider, null, createElement(Checkout))
  createRoot(document.body.appendChild(document.createElement('main'))).render(createElement(App))
`

describe.skipIf(chromium === undefined)('a page made with React (skipped when there is no Chromium; set CHROMIUM_PATH)', () => {
  let opened: PageServer
  let folder: string
  let origin: string
  const pages = createServer((request, response) => {
    response.setHeader('content-type', request.url === '/shop.js' ? 'text/javascript' : 'text/html')
    if (request.url === '/shop.js') readFile(path.join(folder, 'shop.js')).then((text) => response.end(text), console.error)
    else response.end('<!doctype html><title>a shop</title><body><script type=module src=/shop.js></script>')
  })

  beforeAll(async () => {
    opened = await openPageServer()
    folder = await mkdtemp(path.join(tmpdir(), 'threeways react '))
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    pages.close()
    await opened?.close()
    await rm(folder, { recursive: true })
  })

  it('renders what a flag says with the hooks of OpenFeature, and renders again when it is published or killed', async () => {
    const { adminToken } = opened.server.threeways
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
    const ask = async (method: string, to: string, body: object) => {
      const response = await fetch(`${opened.server.url}/api${to}`, { method, headers, body: JSON.stringify(body) })
      expect(response.ok).toBe(true)
      return response.json()
    }
    await ask('PUT', '/flags', { files: [{ document: flag('off') }], reason: 'to begin with' })
    const { secret } = (await ask('POST', '/tokens', { name: 'shop', scopes: ['evaluate'] })) as { secret: string }
    await bundled(shop(opened.server.url, secret), folder)

    const { page, faults } = await openPage(opened)
    await page.goto(origin)
    await page.getByText('three pages').waitFor()
    await ask('PUT', '/flags', { files: [{ document: flag('on') }], reason: 'all is well' })
    await page.getByText('one page').waitFor()
    await ask('POST', '/flags/checkout/kill', { reason: 'orders fail' })
    await page.getByText('three pages').waitFor()
    expect(faults).toEqual([])
  })
})

async function bundled(text: string, outDir: string): Promise<void> {
  const name = '\0shop'
  await build({
    configFile: false,
    logLevel: 'error',
    root: path.resolve('sdk'),
    plugins: [{ name: 'shop', resolveId: (id) => (id === 'shop' ? name : undefined), load: (id) => (id === name ? text : undefined) }],
    build: { outDir, emptyOutDir: false, rollupOptions: { input: 'shop', output: { entryFileNames: 'shop.js' } } },
  })
}
