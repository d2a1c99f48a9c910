import type { Board, LineStats, StopOnBoard } from '../feedback/line/schemas.ts'
import type { Output } from './output.ts'

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** `2 h 5 m`: its two largest units. */
function lasting(ms: number): string {
  const at = units.findIndex(([, size]) => ms >= size)
  if (at === -1) return '0 s'
  const [unit, size] = units[at]!
  const next = units[at + 1]
  const rest = next === undefined ? 0 : Math.floor((ms % size) / next[1])
  return `${Math.floor(ms / size)} ${unit}${rest === 0 ? '' : ` ${rest} ${next![0]}`}`
}

export function describeBoard({ stops }: Board, output: Output): string {
  if (stops.length === 0) return output.colour.green('no line is stopped')
  return stops.map((stop) => describeStop(stop, output)).join('\n\n')
}

export function describeStop(stop: StopOnBoard, { colour }: Output): string {
  const { id, scope, reason, by, cause, owner, ageMs, helpers, notes, waysOut, ended, falseStop } = stop
  const head = ended === null ? colour.red(colour.bold('stopped')) : colour.green('over')
  const people = [
    owner === null ? 'nobody leads' : `${owner} leads`,
    helpers.length === 0 ? 'nobody joined' : `${helpers.map(({ who }) => who).join(', ')} joined`,
  ]
  return [
    `${head} ${colour.bold(scope)} ${id}: ${reason}`,
    colour.dim(`  by ${by} (${cause}), ${ended === null ? 'for' : 'it lasted'} ${lasting(ageMs)}; ${people.join(', ')}`),
    ...notes.map(({ by: who, text }) => `  ${who}: ${text}`),
    ...waysOut.map((way) => `  ${colour.cyan('→')} ${way}`),
    ...(ended === null ? [] : [`  ended by ${ended.by} (${ended.evidence}): ${ended.reason}`]),
    ...(falseStop === null ? [] : [`  ${falseStop.verdict ? 'a false stop' : 'a right stop'}, says ${falseStop.by}: ${falseStop.reason}`]),
  ].join('\n')
}

export function describeStats(stats: LineStats, output: Output): string {
  const { colour } = output
  const span = ({ medianMs, longestMs, ended, open }: LineStats['timeToJoin']) =>
    `${medianMs === null ? 'no data' : `median ${lasting(medianMs)}, longest ${lasting(longestMs!)} of ${ended}`}${open === 0 ? '' : `; ${open} not yet`}`
  const causes = Object.entries(stats.byCause).filter(([, count]) => count > 0)
  const leaks = stats.leaks.map(({ seq, run, stage, stop }) => `  event ${seq}: run ${run} entered ${stage} past ${stop}`)
  return [
    output.table([
      ['stops', `${stats.stops}${causes.length === 0 ? '' : `: ${causes.map(([cause, count]) => `${count} ${cause}`).join(', ')}`}`],
      ['open now', String(stats.open)],
      ['false stops', String(stats.falseStops)],
      ['time to join', span(stats.timeToJoin)],
      ['time to restart', span(stats.timeToRestart)],
      ['leaks', stats.leaks.length === 0 ? colour.green('0') : colour.red(String(stats.leaks.length))],
    ]),
    ...leaks,
    ...(stats.stoppedMs.length === 0
      ? []
      : [
          '',
          output.table(
            stats.stoppedMs.map(({ scope, ms, stops }) => [scope, `stopped ${lasting(ms)}`, `${stops} ${stops === 1 ? 'stop' : 'stops'}`]),
          ),
        ]),
  ].join('\n')
}
