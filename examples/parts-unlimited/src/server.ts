import { once } from 'node:events'
import { Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Database } from './database.ts'
import { createHttp } from './http.ts'
import { openRelease } from './release.ts'
import { createShop } from './shop.ts'
import { log } from './telemetry.ts'

/** Longest time for requests in flight after SIGTERM; shorter than the grace in threeways.yaml. */
const drainMs = 8_000
/** Longest time for telling the server of flags what is not told yet. */
const tellMs = 1_000
const { PORT, DB_URL, BANNER = '', FLAGS_URL = '', FLAGS_TOKEN = '' } = process.env
const { THREEWAYS_CANDIDATE = 'unreleased', THREEWAYS_ENVIRONMENT = 'local' } = process.env
if (!PORT || !DB_URL) throw new Error('$PORT and $DB_URL must be set: where to listen, and the PostgreSQL database to use')
const database = new Database(DB_URL)
await database.migrate()
const release = openRelease(FLAGS_URL, FLAGS_TOKEN)
const version = THREEWAYS_CANDIDATE.replace('sha256:', '').slice(0, 12)
const site = { banner: BANNER, version, environment: THREEWAYS_ENVIRONMENT.replace(/^.*\//, '') }
const server = createHttp(createShop(database, site, release))
await once(server.listen(Number(PORT), '127.0.0.1'), 'listening')
log('info', 'ready', { port: Number(PORT) })
process.once('SIGTERM', stop).once('SIGINT', stop)
function stop(signal: string): void {
  log('info', 'stopping', { signal })
  // Not http's own close: it cuts kept-alive connections at once, also one whose next request is already on its way.
  NetServer.prototype.close.call(server, () => void Promise.race([release.close(), sleep(tellMs)]).then(() => process.exit()))
  setTimeout(() => server.closeIdleConnections(), 200).unref()
  setTimeout(() => server.closeAllConnections(), drainMs).unref()
}
