import type { Edge } from './layout.ts'
import type { Rail, Rails } from './measure.ts'

const bend = 9
/** On a narrow screen the rail runs down here. */
export const uprightX = 15

/** From the end of one rail to the start of another: straight, or down the gap between the columns. */
function between(from: Rail, to: Rail): string {
  const [start, end] = [from.right, to.left]
  if (Math.abs(from.y - to.y) < 2) return `M${start} ${from.y}H${end}`
  const turn = to.left - (to.left - Math.max(from.right, to.left - 28)) / 2
  const sign = to.y > from.y ? 1 : -1
  const radius = Math.min(bend, Math.abs(to.y - from.y) / 2)
  return [
    `M${start} ${from.y}H${turn - radius}`,
    `Q${turn} ${from.y} ${turn} ${from.y + sign * radius}`,
    `V${to.y - sign * radius}`,
    `Q${turn} ${to.y} ${turn + radius} ${to.y}`,
    `H${end}`,
  ].join('')
}

/** The rails themselves. While the line is stopped they are broken between the stations: nothing passes. */
export function Track({ rails, edges, stopped }: { readonly rails: Rails; readonly edges: readonly Edge[]; readonly stopped: boolean }) {
  const stations = Object.entries(rails.byStation)
  return (
    <svg className={stopped ? 'track stopped' : 'track'} width={rails.width} height={rails.height} aria-hidden="true">
      {rails.upright ? <Upright rails={rails} /> : <Across rails={rails} edges={edges} />}
      {stations.map(([name, rail]) => (
        <circle key={name} className="track-node" cx={rails.upright ? uprightX : rail.left + 9} cy={rail.y} r="5.5" />
      ))}
    </svg>
  )
}

function Across({ rails, edges }: { readonly rails: Rails; readonly edges: readonly Edge[] }) {
  const leading = new Set(edges.map((edge) => edge.from))
  return (
    <>
      {edges.map(({ from, to }) => {
        const [start, end] = [rails.byStation[from], rails.byStation[to]]
        return start && end && <path key={`${from}>${to}`} className="track-gap" d={between(start, end)} />
      })}
      {Object.entries(rails.byStation).map(([name, rail]) => (
        <path key={name} className="track-rail" d={`M${rail.left} ${rail.y}H${leading.has(name) ? rail.right : rail.right - 10}`} />
      ))}
      {Object.entries(rails.byStation).map(
        ([name, rail]) => !leading.has(name) && <path key={name} className="track-end" d={`M${rail.right - 10} ${rail.y - 7}v14`} />,
      )}
    </>
  )
}

function Upright({ rails }: { readonly rails: Rails }) {
  const ordered = Object.values(rails.byStation).sort((a, b) => a.y - b.y)
  return ordered.map((rail, index) => {
    const next = ordered[index + 1]
    if (next === undefined) return <path key={rail.y} className="track-rail" d={`M${uprightX} ${rail.y}V${rail.bottom}`} />
    const gap = next.y - 34
    return (
      <g key={rail.y}>
        <path className="track-rail" d={`M${uprightX} ${rail.y}V${gap}`} />
        <path className="track-gap" d={`M${uprightX} ${gap}V${next.y}`} />
      </g>
    )
  })
}
