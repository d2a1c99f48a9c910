import { formatDuration } from '../../kernel/duration.ts'
import type { StreamFlowPicture, StreamFlowView } from '../../flow/measures/schemas.ts'
import { html, type Markup } from './markup.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** From a minute to twelve weeks, as orders of magnitude: a minute and a month fit into one picture. */
const [from, to] = [Math.log10(minuteMs), Math.log10(84 * dayMs)]
const place = (ms: number, width: number) => Math.max(0, Math.min(1, (Math.log10(Math.max(ms, 1)) - from) / (to - from))) * width
const ticks: readonly (readonly [number, string])[] = [
  [10 * minuteMs, '10 min'],
  [60 * minuteMs, '1 h'],
  [dayMs, '1 d'],
  [7 * dayMs, '1 wk'],
  [28 * dayMs, '4 wk'],
]

/** Which share had arrived by when, small enough for a row. */
export function spark({ lead }: Pick<StreamFlowView, 'lead'>): Markup {
  const [width, height] = [84, 20]
  const known = lead.within.flatMap(({ ms, share }) =>
    share === null ? [] : [[place(ms, width), height - 1 - share * (height - 2)] as const],
  )
  if (lead.versions === 0 || known.length === 0) return html`<span class="soft">no data</span>`
  const points = [[0, height - 1] as const, ...known].map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
  const told = lead.within
    .map(({ ms, share }) => `${formatDuration(ms)}: ${share === null ? 'no data' : `${Math.round(share * 100)} %`}`)
    .join(', ')
  return html`<svg class="spark" viewBox="0 0 ${width} ${height}" role="img" aria-label="${told}">
    <title>${told}</title>
    <polyline points="${points}" />
  </svg>`
}

type Curve = NonNullable<StreamFlowPicture['curve']>

/** Kaplan and Meier's curve with its limits, that of the window before thin beside it. */
export function curves(now: Curve | null, before: Curve | null): Markup {
  if (now === null || now.versions === 0) return html`<p class="soft">No data: no version was first seen in this window.</p>`
  const [width, height, left, bottom] = [460, 190, 38, 22]
  const x = (ms: number) => left + place(ms, width - left - 8)
  const y = (share: number) => 8 + (1 - share) * (height - bottom - 8)
  const steps = ({ points, watchedMs }: Curve, of: (point: Curve['points'][number]) => number) => {
    let path = `M${x(0).toFixed(1)} ${y(0).toFixed(1)}`
    for (const point of points) path += `H${x(point.ms).toFixed(1)}V${y(of(point)).toFixed(1)}`
    return `${path}H${x(watchedMs).toFixed(1)}`
  }
  const band = bandOf(now, x, y)
  const told = `${now.reached} of ${now.versions} versions arrived`
  return html`<svg class="curve" viewBox="0 0 ${width} ${height}" role="img" aria-label="share of versions that arrived by when; ${told}">
    ${[0, 0.5, 1].map((share) => html`<line class="grid" x1="${left}" x2="${width - 8}" y1="${y(share)}" y2="${y(share)}" /><text x="${left - 6}" y="${y(share) + 4}" text-anchor="end">${share * 100} %</text>`)}
    ${ticks.map(([ms, name]) => html`<line class="grid" x1="${x(ms)}" x2="${x(ms)}" y1="8" y2="${height - bottom}" /><text x="${x(ms)}" y="${height - 6}" text-anchor="middle">${name}</text>`)}
    <path class="band" d="${band}" />
    ${before !== null && before.versions > 0 && html`<path class="before" d="${steps(before, ({ share }) => share)}" />`}
    <path class="line" d="${steps(now, ({ share }) => share)}" />
  </svg>`
}

function bandOf({ points, watchedMs }: Curve, x: (ms: number) => number, y: (share: number) => number): string {
  if (points.length === 0) return ''
  const ends = [...points.slice(1).map(({ ms }) => ms), watchedMs]
  const there = points.map(({ ms, high }, at) => `L${x(ms).toFixed(1)} ${y(high).toFixed(1)}H${x(ends[at]!).toFixed(1)}`)
  const back = points.map(({ ms, low }, at) => `L${x(ends[at]!).toFixed(1)} ${y(low).toFixed(1)}H${x(ms).toFixed(1)}`).toReversed()
  return `M${there.join('').slice(1)}${back.join('')}Z`
}

type Part = { readonly name: string; readonly share: number; readonly isMost: boolean }

/** Parts of a whole, side by side. */
export function shares(parts: readonly Part[]): Markup {
  return html`<div
    class="shares"
    role="img"
    aria-label="${parts.map(({ name, share }) => `${name} ${Math.round(share * 100)} %`).join(', ')}"
  >
    ${parts.map(
      ({ name, share, isMost }) =>
        html`<div
          class="${isMost ? 'most' : ''}"
          style="flex-grow:${Math.max(share, 0.004).toFixed(4)}"
          title="${name}: ${Math.round(share * 100)} %"
        >
          <span>${name} ${Math.round(share * 100)} %</span>
        </div>`,
    )}
  </div>`
}
