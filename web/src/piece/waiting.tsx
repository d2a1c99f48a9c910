import type { Waiting } from '../api/types.ts'
import { Age } from './age.tsx'

/** Kinds of waiting that a person may end by promoting. */
export function canPromote(waiting: Waiting | null): boolean {
  return waiting?.kind === 'approval' || waiting?.kind === 'hold'
}

/** What waits says why, for whom, since when. */
export function WaitingNote({ waiting }: { readonly waiting: Waiting }) {
  return (
    <p className={`waiting waiting-${waiting.kind}`}>
      <strong>{waiting.why}</strong>
      <span>
        waits for {waiting.for}, <Age since={waiting.since} />
      </span>
    </p>
  )
}
