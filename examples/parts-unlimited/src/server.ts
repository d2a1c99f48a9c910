import { once } from 'node:events'
import { Server as NetServer } from 'node:net'
import { Database } from './database.ts'
import { createHttp } from './http.ts'
import { createShop } from './shop.ts'
import { log } from './telemetry.ts'

/** Longest time for requests in flight after SIGTERM; shorter than the grace in threeways.yaml. */
const drainMs = 8_000
const { PORT, DB_URL, BANNER = '', THREEWAYS_CANDIDATE = 'unreleased', THREEWAYS_ENVIRONMENT = 'local' } = process.env
if (!PORT || !DB_URL) throw new Error('$PORT and $DB_URL must be set: where to listen, and the PostgreSQL database to use')

const database = new Database(DB_URL)
await database.migrate()
const version = THREEWAYS_CANDIDATE.replace('sha256:', '').slice(0, 12)
const server = createHttp(createShop(database, { banner: BANNER, version, environment: THREEWAYS_ENVIRONMENT.replace(/^.*\//, '') }))
await once(server.listen(Number(PORT), '127.0.0.1'), 'listening')
log('info', 'ready', { port: Number(PORT) })
process.once('SIGTERM', stop).once('SIGINT', stop)

function stop(signal: string): void {
  log('info', 'stopping', { signal })
  // Not http's own close: it cuts kept-alive connections at once, also one whose next request is already on its way.
  NetServer.prototype.close.call(server, () => process.exit())
  setTimeout(() => server.closeIdleConnections(), 200).unref()
  setTimeout(() => server.closeAllConnections(), drainMs).unref()
}
