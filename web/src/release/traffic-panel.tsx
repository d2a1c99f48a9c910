import { useQuery } from '../api/query.ts'
import type { FlagDay } from '../api/types.ts'
import { ProblemNote } from '../piece/problem-note.tsx'
import { percent, toneOf } from './shares.ts'

const daysShown = 30
const dayMs = 86_400_000
const high = 90
const wide = 20

type Props = { readonly flag: string; readonly control: string; readonly variants: readonly string[] }

/** How often it was asked for and shown, as far as applications tell. */
export function TrafficPanel({ flag, control, variants }: Props) {
  const { data, problem } = useQuery<{ readonly days: readonly FlagDay[] }>(`/api/flags/${encodeURIComponent(flag)}/traffic`)
  if (data === undefined && problem === undefined) return null
  const places = [...Map.groupBy(data?.days ?? [], ({ environment }) => environment)]
  return (
    <section className="panel flag-traffic" aria-label="Traffic">
      <h2>Traffic</h2>
      {problem !== undefined && <ProblemNote problem={problem} />}
      {data !== undefined && places.length === 0 && <p className="soft">No application told yet that it asked for it.</p>}
      {places.map(([environment, days]) => (
        <Place key={environment} environment={environment} days={days} control={control} variants={variants} />
      ))}
    </section>
  )
}

type PlaceProps = Omit<Props, 'flag'> & { readonly environment: string; readonly days: readonly FlagDay[] }

function Place({ environment, days, control, variants }: PlaceProps) {
  const last = Date.parse(days.map(({ day }) => day).reduce((a, b) => (a > b ? a : b)))
  const first = Math.max(last - (daysShown - 1) * dayMs, Math.min(...days.map(({ day }) => Date.parse(day))))
  const shown = days.filter(({ day }) => Date.parse(day) >= first)
  const byDay = Map.groupBy(shown, ({ day }) => Date.parse(day))
  const most = Math.max(1, ...[...byDay.values()].map((rows) => rows.reduce((sum, { asked }) => sum + asked, 0)))
  const count = Math.round((last - first) / dayMs) + 1
  return (
    <figure className="traffic-place">
      <figcaption>
        {environment} <span className="soft">asked by day, at most {most.toLocaleString('en')}</span>
      </figcaption>
      <svg viewBox={`0 0 ${Math.max(count, 10) * wide} ${high}`} preserveAspectRatio="none" aria-hidden="true">
        {[...byDay].map(([day, rows]) => (
          <DayBar key={day} rows={rows} x={((day - first) / dayMs) * wide} scale={high / most} control={control} variants={variants} />
        ))}
      </svg>
      <p className="share-history-ends soft">
        <span>{new Date(first).toISOString().slice(0, 10)}</span>
        {last > first && count > 10 && <span>{new Date(last).toISOString().slice(0, 10)}</span>}
      </p>
      <Totals rows={shown} control={control} variants={variants} />
    </figure>
  )
}

type DayProps = Omit<Props, 'flag'> & { readonly rows: readonly FlagDay[]; readonly x: number; readonly scale: number }

/** Other variants from below, control on top of them. */
function DayBar({ rows, x, scale, control, variants }: DayProps) {
  const order = [...variants, control]
  const stacked = rows.toSorted((a, b) => order.indexOf(a.variant) - order.indexOf(b.variant))
  return (
    <g>
      <title>{`${rows[0]!.day}: ${stacked.map(({ variant, asked }) => `${variant} ${asked.toLocaleString('en')}`).join(', ')}`}</title>
      {stacked.map(({ variant, asked }, at) => {
        const below = stacked.slice(0, at).reduce((sum, one) => sum + one.asked, 0)
        return (
          <rect
            key={variant}
            className={`span-served tone-${toneOf(variant, control, variants)}`}
            x={x + 2}
            y={high - (below + asked) * scale}
            width={wide - 4}
            height={asked * scale}
          />
        )
      })}
    </g>
  )
}

function Totals({ rows, control, variants }: Omit<Props, 'flag'> & { readonly rows: readonly FlagDay[] }) {
  const all = rows.reduce((sum, { asked }) => sum + asked, 0)
  const sums = [...Map.groupBy(rows, ({ variant }) => variant)].map(([variant, own]) => ({
    variant,
    asked: own.reduce((sum, { asked }) => sum + asked, 0),
    shown: own.reduce((sum, { shown }) => sum + shown, 0),
  }))
  return (
    <table className="flag-numbers">
      <thead>
        <tr>
          <th scope="col">Variant</th>
          <th scope="col">asked</th>
          <th scope="col">of all</th>
          <th scope="col" title="units of which an application said that they saw it">
            shown
          </th>
        </tr>
      </thead>
      <tbody>
        {sums.map(({ variant, asked, shown }) => (
          <tr key={variant}>
            <th scope="row">
              <i className={`tone-${toneOf(variant, control, variants)}`} aria-hidden="true" /> {variant}
            </th>
            <td>{asked.toLocaleString('en')}</td>
            <td>{all === 0 ? '–' : percent(asked / all)}</td>
            <td>{shown.toLocaleString('en')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
