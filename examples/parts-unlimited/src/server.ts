import { Server as NetServer } from 'node:net'
import { Database } from './database.ts'
import { createShop } from './shop.ts'
import { log, Metrics } from './telemetry.ts'

/** Longest time for requests in flight after SIGTERM; shorter than the grace in threeways.yaml. */
const drainMs = 8_000
const { PORT, DB_URL, BANNER = '', THREEWAYS_CANDIDATE = 'unreleased', THREEWAYS_ENVIRONMENT = 'local' } = process.env

async function main(): Promise<void> {
  if (!PORT || !DB_URL) throw new Error('$PORT and $DB_URL must be set: where to listen, and the PostgreSQL database to use')
  const database = new Database(DB_URL)
  const migrated = await database.migrate()
  const candidate = THREEWAYS_CANDIDATE.replace(/^sha256:/, '').slice(0, 12)
  const server = createShop(database, new Metrics(), { banner: BANNER, candidate, environment: THREEWAYS_ENVIRONMENT.replace(/^.*\//, '') })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(Number(PORT), '127.0.0.1', resolve))
  log('info', 'ready', { port: Number(PORT), migrated })

  const stop = (signal: string): void => {
    log('info', 'stopping', { signal })
    const closed = async (): Promise<void> => {
      await database.close()
      log('info', 'stopped')
      process.exit(0)
    }
    // Not http's own close: it cuts kept-alive connections at once, also one whose next request is already on its way.
    NetServer.prototype.close.call(server, () => void closed())
    setTimeout(() => server.closeIdleConnections(), 200).unref()
    setTimeout(() => server.closeAllConnections(), drainMs).unref()
  }
  process.once('SIGTERM', stop).once('SIGINT', stop)
}

main().catch((error: Error) => {
  log('error', 'cannot start', { error: error.message })
  process.exit(1)
})
