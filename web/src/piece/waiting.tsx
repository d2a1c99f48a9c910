import type { Waiting } from '../api/types.ts'
import { Age } from './age.tsx'
import { dayOf, timeOfDay } from './time.ts'

/** Gates that open by themselves, and that a person with the right to it may pass before. */
export type Passable = 'soak' | 'shadow' | 'window'

export function passableOf(waits: readonly Waiting[]): readonly Passable[] {
  return (['soak', 'shadow', 'window'] as const).filter((gate) => waits.some(({ kind }) => kind === gate))
}

/** Its reason without the instant, which is told beside it in the words of a calendar. */
export const whyOf = ({ why, until }: Waiting) => (until === undefined ? why : why.replace(new RegExp(`, (until|next at) ${until}`), ''))

/** What waits says why, for whom, since when. */
export function WaitingNote({ waiting }: { readonly waiting: Waiting }) {
  return (
    <p className={`waiting waiting-${waiting.kind}`}>
      <strong>{whyOf(waiting)}</strong>
      <span>
        waits for {waiting.for}, <Age since={waiting.since} />
        {waiting.until !== undefined && `, until ${timeOfDay(waiting.until)} on ${dayOf(waiting.until)}`}
      </span>
    </p>
  )
}
