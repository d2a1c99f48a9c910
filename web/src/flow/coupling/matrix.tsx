import type { CouplingView } from '../../api/types.ts'
import { Chart } from '../../chart/chart.tsx'
import { plural } from '../words.ts'
import { besideOf, hasRoom } from './names-beside.ts'
import '../stream/pictures.css'

type Pair = CouplingView['rows'][number]

type MatrixProps = {
  readonly rows: readonly Pair[]
  readonly groups: readonly (readonly string[])[]
  readonly pair: Pair | undefined
  readonly onPair: (pair: Pair) => void
}

/** So many streams are drawn; all of them are listed. */
const mostShown = 70
const nameMax = 190
const letter = 6.6

/** Which streams go together: a square for each pair, each twice. */
export function Matrix({ rows, groups, pair, onPair }: MatrixProps) {
  const names = groups.flat().slice(0, mostShown)
  const longest = Math.min(nameMax, Math.max(0, ...names.map((name) => name.length)) * letter)
  const sizeAt = (width: number) => {
    const labels = width < narrow && hasRoom(groups, names.length, width) ? 0 : Math.min(longest + 8, width * 0.4)
    return { labels, size: Math.max(3, Math.min(20, (width - labels - 2) / Math.max(1, names.length))) }
  }
  return (
    <Chart
      className="matrix"
      height={(width) => sizeAt(width).size * names.length + 2}
      widest={longest + 10 + 20 * names.length}
      render={(width) => {
        const { labels, size } = sizeAt(width)
        return {
          label: `${plural(rows.length, 'pair')} of ${plural(groups.flat().length, 'stream')} in ${plural(groups.length, 'group')}; they are listed below`,
          picture: (
            <>
              {labels > 0 ? (
                <Names names={names} right={labels - 8} size={size} pair={pair} />
              ) : (
                <NamesBeside groups={groups} count={names.length} width={width} size={size} pair={pair} />
              )}
              <g transform={`translate(${labels} 1)`}>
                <Groups groups={groups} count={names.length} size={size} />
                <Squares rows={rows} names={names} size={size} pair={pair} onPair={onPair} />
              </g>
            </>
          ),
        }
      }}
    />
  )
}

/** On a phone there is no room for names before the squares, and some beside those of each group. */
const narrow = 560
const apart = 6

type BesideProps = {
  readonly groups: MatrixProps['groups']
  readonly count: number
  readonly width: number
  readonly size: number
  readonly pair: Pair | undefined
}

function NamesBeside({ groups, count, width, size, pair }: BesideProps) {
  if (size < 11) return null
  return besideOf(groups, count, width).flatMap(({ names, from, to, room, isRight }) =>
    names.map((name, at) => (
      <text
        key={name}
        x={isRight ? to + apart : from - apart}
        y={from + at * size + size / 2 + 5}
        textAnchor={isRight ? 'start' : 'end'}
        className={pair?.a === name || pair?.b === name ? 'at' : ''}
      >
        {cutTo(name, room - apart)}
      </text>
    )),
  )
}

const cutTo = (name: string, room: number) =>
  name.length * letter > room ? `${name.slice(0, Math.max(1, Math.floor(room / letter) - 2))}…` : name

type NamesProps = {
  readonly names: readonly string[]
  readonly right: number
  readonly size: number
  readonly pair: Pair | undefined
}

function Names({ names, right, size, pair }: NamesProps) {
  return names.map((name, at) => (
    <text key={name} x={right} y={at * size + size / 2 + 4} textAnchor="end" className={pair?.a === name || pair?.b === name ? 'at' : ''}>
      {size >= 11 && cutTo(name, Math.min(nameMax, right))}
    </text>
  ))
}

type GroupsProps = { readonly groups: MatrixProps['groups']; /** Of those that are drawn. */ readonly count: number; readonly size: number }

function Groups({ groups, count, size }: GroupsProps) {
  const starts = groups.reduce<number[]>((all, group) => [...all, all.at(-1)! + group.length], [0])
  return groups.map((group, at) => {
    const from = starts[at]! * size
    const wide = Math.min(group.length, count - starts[at]!) * size
    return wide > 0 && <rect key={group[0]} className="matrix-group" x={from} y={from} width={wide} height={wide} />
  })
}

type SquaresProps = Pick<MatrixProps, 'rows' | 'pair' | 'onPair'> & { readonly names: readonly string[]; readonly size: number }

function Squares({ rows, names, size, pair, onPair }: SquaresProps) {
  const place = new Map(names.map((name, at) => [name, at]))
  return rows.flatMap((row) => {
    const [x, y] = [place.get(row.a), place.get(row.b)]
    if (x === undefined || y === undefined) return []
    return [
      [x, y],
      [y, x],
    ].map(([column, line]) => (
      <rect
        key={`${column} ${line}`}
        className={row === pair ? 'matrix-cell at' : 'matrix-cell'}
        x={column! * size + 0.5}
        y={line! * size + 0.5}
        width={size - 1}
        height={size - 1}
        fillOpacity={0.18 + 0.82 * row.confidence}
        onPointerEnter={() => onPair(row)}
      />
    ))
  })
}
