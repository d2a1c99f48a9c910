/** The ledger's routes on a server of their own, until standard input ends. Argument: its database's URL. Prints its port. */
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { HttpEnv } from '../../src/kernel/http.ts'
import { makeCatalogue } from '../../src/ledger/catalogue.ts'
import { ledgerRoutes } from '../../src/ledger/routes.ts'
import { openLedger } from '../../src/ledger/store/open.ts'
import { benchProjections } from './projections.ts'

const url = process.argv[2]!
const catalogue = makeCatalogue([])
const ledger = await openLedger({ database: { url }, projections: benchProjections, catalogue })
const app = new Hono<HttpEnv>()
app.use('*', async (c, next) => {
  c.set('actor', { name: 'bench', scopes: ['events'], anonymous: false })
  await next()
})
app.route('/api', ledgerRoutes(ledger, catalogue))
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (info: AddressInfo) => console.log(info.port))
process.stdin.resume().once('end', () => {
  server.close()
  void ledger.close().then(() => process.exit())
})
