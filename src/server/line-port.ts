import type { Line } from '../feedback/line/line.ts'
import type { Cause } from '../feedback/line/events.ts'
import type { LinePort, Outcome } from '../flow/pipeline/line.port.ts'

/**
 * What the First Way's outcomes mean to the line. A rollback in production stops it, and so does a trunk that is red after
 * the first stage; a failure in the first stage is between the author and the check. What a machine did stops nothing.
 */
export function linePort(line: Line): LinePort {
  return {
    blocks: line.blocks,
    weighs: line.weighs,
    letPass: line.letPass,
    async follows(tx, change, outcome) {
      if (outcome.kind === 'unknown') return stops(outcome) ? line.cannotTell(tx, change, sentence(change, outcome.reason)) : []
      const decided = await line.decided(tx, change)
      if (outcome.kind === 'cancelled') return decided
      if (outcome.kind === 'verified') return [...decided, ...(await line.startsItself(tx, change, outcome.place.final))]
      const cause = causeOf(outcome)
      if (!outcome.onTrunk || (cause !== 'rollback' && cause !== 'canary' && outcome.place.first)) return decided
      if (outcome.fault === 'infrastructure') return [...decided, line.spares(change, outcome.reason)]
      return [...decided, ...(await line.stopsItself(tx, change, cause, sentence(change, outcome.reason)))]
    },
  }
}

const stops = ({ onTrunk, place }: Extract<Outcome, { kind: 'unknown' }>) => onTrunk && !place.first

function causeOf({ kind, place, fault, failedCanary }: Extract<Outcome, { kind: 'failed' | 'rolled-back' }>): Cause {
  if (failedCanary) return 'canary'
  if (kind === 'rolled-back' && place.final) return 'rollback'
  return fault === 'undecided' ? 'undecided' : 'red-trunk'
}

const sentence = ({ commit, stage }: { commit: string; stage: string }, reason: string) =>
  `${commit.slice(0, 8)} in ${stage}: ${reason.split('\n', 1)[0]}`
