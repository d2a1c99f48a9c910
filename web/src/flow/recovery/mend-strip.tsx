import type { RecoveryView } from '../../api/types.ts'
import { lookOf, partName } from './recovery-parts.tsx'
import { span } from '../words.ts'

type Row = RecoveryView['rows'][number]

const order = ['deployed', 'began', 'detected', 'mended', 'recovered', 'resolved'] as const
type Moment = (typeof order)[number]

type Segment = { readonly from: Moment; readonly to: Moment | null; readonly begin: number; readonly end: number }

/** Time from the first moment that is known, ms, in parts that sum to the whole, as the server sums them. */
export function segmentsOf(row: Row, asOf: string): readonly Segment[] {
  const at = (moment: Moment) => (moment === 'began' ? began(row) : row[moment])
  const known = order.flatMap((moment) => {
    const when = at(moment)
    return when === null ? [] : [{ moment, time: Date.parse(when) }]
  })
  const [first] = known
  if (first === undefined) return []
  const since = (time: number) => Math.max(0, time - first.time)
  const segments: Segment[] = known.slice(1).map(({ moment, time }, index) => ({
    from: known[index]!.moment,
    to: moment,
    begin: since(known[index]!.time),
    end: since(time),
  }))
  const last = known.at(-1)!
  if (row.over === null) segments.push({ from: last.moment, to: null, begin: since(last.time), end: since(Date.parse(asOf)) })
  return segments
}

/** It says something where the deployment is not known, and it was not seen at once. */
const began = ({ deployed, began: when, detected }: Row) => (deployed === null && when !== detected ? when : null)

const floorMs = 60_000

/** From a minute on, on a scale of logarithms that is the same in every row. @param longest - ms, at the right edge */
export function MendStrip({ row, asOf, longest }: { readonly row: Row; readonly asOf: string; readonly longest: number }) {
  const segments = segmentsOf(row, asOf)
  const place = (ms: number) => (Math.log(Math.max(floorMs, ms) / floorMs) / Math.log(Math.max(2, longest / floorMs))) * 100
  const told = segments.map(({ from, to, begin, end }) => `${partName(from, to)} ${span(end - begin)}`).join(', ')
  return (
    <span className="mend-strip" role="img" aria-label={told} title={told}>
      {segments.map(({ from, to, begin, end }) => {
        const { colour, hatched = false } = lookOf(from, to)
        const [left, right] = [place(begin), place(end)]
        return (
          <i
            key={from}
            className={hatched ? 'mend-hatched' : ''}
            style={{ left: `${left}%`, width: `max(2px, ${right - left}%)`, '--share': colour } as Record<string, unknown>}
          />
        )
      })}
    </span>
  )
}
