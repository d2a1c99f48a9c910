import type { Line } from '../feedback/line/line.ts'
import type { Change, LinePort } from '../flow/pipeline/line.port.ts'

/**
 * What the First Way's outcomes mean to the line. A rollback in production stops it, and so does a trunk that is red after
 * the first stage; a failure in the first stage is between the author and the check.
 */
export function linePort(line: Line): LinePort {
  return {
    blocks: (tx, change) => line.blocks(tx, passage(change)),
    async follows(tx, change, outcome) {
      if (outcome.kind === 'verified') return line.startsItself(tx, passage(change), outcome.place.final)
      const { first, final } = outcome.place
      const cause = outcome.kind === 'rolled-back' && final ? 'rollback' : 'red-trunk'
      if (!outcome.onTrunk || (cause === 'red-trunk' && first)) return []
      return line.stopsItself(
        tx,
        passage(change),
        cause,
        `${change.commit.slice(0, 8)} in ${change.stage}: ${outcome.reason.split('\n', 1)[0]}`,
      )
    },
  }
}

const passage = ({ stream, commit, candidate, run, stage, fixesStop }: Change) => ({ stream, commit, candidate, run, stage, fixesStop })
