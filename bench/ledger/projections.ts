import { object, optional, text } from '../../src/kernel/json-schema.ts'
import { standardEvent } from '../../src/ledger/event.ts'
import { first, last, max, projection, sum } from '../../src/ledger/projection.ts'

const anything = object({})
const reference = object({ id: text('name') })
const kind = <C>(name: `${string}.${string}.${number}.${number}.${number}`, content: C) =>
  standardEvent(name, '', content as never, anything)
const deployed = standardEvent('service.deployed.0.3.0', '', object({ environment: reference, artifactId: text('artifact') }), anything)
const tested = standardEvent('testsuiterun.finished.0.3.0', '', object({ environment: reference, outcome: text('how') }), anything)
const merged = kind('change.merged.0.3.0', optional(anything))
const built = kind('build.finished.0.3.0', optional(anything))

const changes = projection({
  table: 'change',
  key: ['chain'],
  columns: { mergedAt: first.text, builtAt: first.text, deployments: sum.bigint, deployedAt: max.text },
  indexes: [['mergedAt']],
})
  .on(merged, ({ chainId, time }) => [{ chain: chainId ?? '', mergedAt: time }])
  .on(built, ({ chainId, time }) => [{ chain: chainId ?? '', builtAt: time }])
  .on(deployed, ({ chainId, time }) => [{ chain: chainId ?? '', deployments: 1, deployedAt: time }])

const running = projection({
  table: 'running',
  key: ['environment', 'service'],
  columns: { artifact: last.text, since: last.text, deployments: sum.bigint },
  indexes: [['artifact']],
}).on(deployed, ({ subject, time, content: { environment, artifactId } }) => [
  { environment: environment.id, service: subject, artifact: artifactId, since: time, deployments: 1 },
])

const daily = projection({ table: 'daily', key: ['day', 'what'], columns: { count: sum.bigint, failures: sum.bigint } })
  .on(deployed, ({ time }) => [{ day: time.slice(0, 10), what: 'deployment', count: 1 }])
  .on(tested, ({ time, content }) => [{ day: time.slice(0, 10), what: 'test', count: 1, failures: content.outcome === 'success' ? 0 : 1 }])

/** As much as the product keeps of such events: what runs, how each change went, sums by day. */
export const benchProjections = [changes, running, daily]
