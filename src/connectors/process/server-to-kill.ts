import { startCluster } from '../../kernel/postgres/cluster.ts'
import type { Digest } from '../../kernel/digest.ts'
import type { Target } from '../../flow/environment/provider.port.ts'
import { processProvider } from './provider.ts'

// A server that only applies one target, for tests that kill it. Its argument is JSON; it prints a line per step.
const { home, homeId, database, target, digest } = JSON.parse(process.argv[2]!) as {
  home: string
  homeId: string
  database: string
  target: Target
  digest: Digest
}
const cluster = () => startCluster({ directory: database, tcp: true })
const provider = processProvider({ home, homeId, cluster, digestOfTree: async () => digest })
await provider.recover()
console.log('recovered')
const plan = await provider.plan(target)
await provider.apply(plan, ({ subject, message }) => console.log(`${subject}: ${message}`))
console.log('applied')
setInterval(() => {}, 1_000)
