import type { Waiting } from '../api/types.ts'
import { Age } from './age.tsx'

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
