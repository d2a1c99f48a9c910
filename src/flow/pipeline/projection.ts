import type { Fact } from '../../ledger/event.ts'
import { last, max, projection, type Row } from '../../ledger/projection.ts'
import { promotionFailed, promotionStarted, promotionVerified } from './events.ts'

type Entry = { readonly stream: string; readonly stage: string; readonly candidate: string; readonly run: string }
const key = ({ stream, stage, candidate }: Entry) => ({ stream, stage, candidate })
const latest = (fact: Fact<Entry>, state: 'running' | 'verified' | 'failed' | 'rolled-back' | 'cancelled', message: string | null) => ({
  ...key(fact.content),
  run: fact.content.run,
  state,
  since: fact.time,
  message,
})

/** How each candidate stands in each stage it entered. The last verified one is where a rollback goes. */
export const promotions = projection({
  table: 'promotion',
  key: ['stream', 'stage', 'candidate'],
  columns: { run: last.text, state: last.text, since: last.text, message: last.text, verifiedAt: max.text },
  // The latest of a stage are looked at at every change, and there are more with every delivery.
  indexes: [['stream', 'stage', 'since']],
})
  .on(promotionStarted, (fact) => [latest(fact, 'running', null)])
  .on(promotionVerified, (fact) => [{ ...latest(fact, 'verified', null), verifiedAt: fact.time }])
  .on(promotionFailed, (fact) => [latest(fact, fact.content.outcome, fact.content.reason)])

export type Promotion = Row<typeof promotions>
