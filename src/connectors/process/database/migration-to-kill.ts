import { startCluster } from '../../../kernel/postgres/cluster.ts'
import type { Migrating, Migration } from '../../../flow/migration/migrations.port.ts'
import { processProvider } from '../provider.ts'

// A server that only applies migrations, for tests that kill it. Its argument is JSON; it prints a line per step.
const { home, homeId, database, migrating, migrations } = JSON.parse(process.argv[2]!) as {
  home: string
  homeId: string
  database: string
  migrating: Migrating
  migrations: readonly Migration[]
}
const cluster = () => startCluster({ directory: database, tcp: true })
const provider = processProvider({ home, homeId, cluster, digestOfTree: async () => migrating.desired.artifactDigest })
const about = { candidate: migrating.desired.candidate, run: 'killed', backup: null }
const tell = ({ message }: { message: string }) => console.log(message)
await provider.databases!.change(migrating, tell, undefined, async (session) => {
  for (const migration of migrations) await session.apply(migration, about)
})
console.log('done')
