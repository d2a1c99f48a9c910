import type { RecoveryView } from '../../api/types.ts'
import { Panel } from '../panel.tsx'
import { rowsBelow } from '../links.ts'
import { ShareBar, ShareKey, type SharePart } from '../stream/share-bar.tsx'
import { percent, plural, span } from '../words.ts'

type Part = RecoveryView['parts'][number]
type Moment = Part['from']

const words: Record<Moment, string> = {
  deployed: 'deployed',
  began: 'began',
  detected: 'seen',
  mended: 'mended',
  recovered: 'ran well',
  resolved: 'over',
}

export const partName = (from: Moment, to: Moment | null) => `${words[from]} → ${to === null ? 'not over' : words[to]}`

/** Red until somebody sees it, amber until what ends it runs, green until it is over; hatched where it is not known when that was, or not over. */
export function lookOf(from: Moment, to: Moment | null): Pick<SharePart, 'colour' | 'hatched'> {
  if (to === null) return { colour: 'var(--stop)', hatched: true }
  if (to === 'detected' || to === 'began') return { colour: 'var(--stop)' }
  if (to === 'resolved') return { colour: 'var(--go)', hatched: from !== 'recovered' }
  if (from === 'deployed' || from === 'began') return { colour: 'var(--move)', hatched: true }
  return { colour: from === 'mended' ? 'color-mix(in srgb, var(--move) 62%, var(--go))' : 'var(--move)' }
}

/** All the time of all failures, in parts that sum to it. */
export function RecoveryParts({ view: { parts, spentMs, failures } }: { readonly view: RecoveryView }) {
  const shown = parts.map(({ from, to, share }) => ({ name: partName(from, to), share, ...lookOf(from, to) }))
  return (
    <Panel
      title="Where the time went"
      told={`${span(spentMs)} of ${plural(failures, 'failure')}, from the first moment that is known of each until it was over, or until now. The parts sum exactly to it; hatched where a moment in between is not known.`}
    >
      <ShareBar parts={shown} />
      <ul className="stage-list recovery-parts">
        {parts.map(({ from, to, share, ms, failures: of }, at) => (
          <li key={partName(from, to)}>
            <ShareKey {...shown[at]!} />
            <span>{partName(from, to)}</span>
            <strong>{percent(share ?? 0)}</strong>
            <span className="soft">
              {span(ms)} of <a href={rowsBelow}>{plural(of, 'failure')}</a>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
