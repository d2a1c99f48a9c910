import type { Fact } from '../../ledger/event.ts'
import { first, last, max, projection, type Row } from '../../ledger/projection.ts'
import { gateDecided, gateWaited, promotionFailed, promotionStarted, promotionVerified } from './events.ts'

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

/**
 * Every wait of a candidate before a gate, named by when it began; `until` is null as long as it lasts. Rows of the gate `all`
 * are entries: they say how many candidates came to a stage, also those that no gate kept waiting.
 */
export const gateWaits = projection({
  table: 'gate_wait',
  key: ['stream', 'stage', 'gate', 'run', 'since'],
  columns: { candidate: first.text, until: last.text, end: last.text },
})
  .on(gateDecided, ({ time, content: { stream, stage, gate, run, candidate, decision, since } }) => {
    if (decision === 'open') return [{ stream, stage, gate: 'all', run, since: time, candidate, until: time, end: 'opened' }]
    // A gate that says never keeps nobody waiting.
    return since === undefined ? [] : [{ stream, stage, gate, run, since, candidate }]
  })
  .on(gateWaited, ({ content: { stream, stage, gate, run, candidate, since, until, end } }) => [
    { stream, stage, gate, run, since, candidate, until, end },
  ])

export type GateWait = Row<typeof gateWaits>
