import { last, projection } from '../../../ledger/projection.ts'
import { environmentDeleted } from '../events.ts'
import { environmentExpiring, environmentExtended, environmentSlept, environmentWoke } from './events.ts'

/** Until when environments live, and which of them sleep. */
export const environmentLives = projection({
  table: 'environment_life',
  key: ['id'],
  columns: { until: last.text, warnedOf: last.text, asleep: last.boolean },
})
  .on(environmentExtended, ({ subject, content: { until } }) => [{ id: subject, until: until || null }])
  .on(environmentExpiring, ({ subject, content: { until } }) => [{ id: subject, warnedOf: until }])
  .on(environmentSlept, ({ subject }) => [{ id: subject, asleep: true }])
  .on(environmentWoke, ({ subject }) => [{ id: subject, asleep: false }])
  .on(environmentDeleted, ({ subject }) => [{ id: subject, until: null, warnedOf: null, asleep: false }])
