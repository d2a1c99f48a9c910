import path from 'node:path'
import { systemClock, type Clock } from '../kernel/clock.ts'
import { startCluster } from '../kernel/postgres/cluster.ts'
import { makeCatalogue } from '../ledger/catalogue.ts'
import { openLedger } from '../ledger/store/open.ts'
import { migrations, ownTypes, projections } from './catalogue.ts'
import type { Home } from './home.ts'

export type StoreOptions = {
  readonly home: Home
  /** A server's database instead of the embedded one. */
  readonly databaseUrl: string | undefined
  /** Starts the embedded database again when it dies under us. One who only looks leaves that to the server. */
  readonly revive: boolean
  readonly clock?: Clock
  readonly log: (message: string) => void
}

/** Opens a home's ledger. Several processes may have it open. @throws ThreewaysError as `startCluster` and `openLedger` */
export async function openStore({ home, databaseUrl, revive, clock = systemClock, log }: StoreOptions) {
  const directory = path.join(home.folder, 'ledger')
  const cluster = databaseUrl === undefined ? await startCluster({ directory, revive, watch: log }) : undefined
  const catalogue = makeCatalogue(ownTypes)
  try {
    const ledger = await openLedger({
      database: cluster === undefined ? { url: databaseUrl!, note: path.join(home.folder, 'database.json') } : { cluster },
      projections,
      migrations,
      catalogue,
      clock,
      watch: log,
    })
    return {
      ledger,
      catalogue,
      /** @param ends - end the embedded database too, also one that was found running */
      async close(ends = false): Promise<void> {
        await ledger.close()
        if (ends || cluster?.adopted === false) await cluster?.stop()
        else cluster?.detach()
      },
    }
  } catch (error) {
    if (cluster?.adopted === false) await cluster.stop()
    else cluster?.detach()
    throw error
  }
}
