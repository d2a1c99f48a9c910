import type { ChangesView } from '../flow/measures/schemas.ts'
import { formatDuration } from '../kernel/duration.ts'
import type { Output } from './output.ts'

const time = (ms: number | null) => (ms === null ? 'never' : formatDuration(ms))
const limit = (ms: number | null) => (ms === null ? '?' : formatDuration(ms))
const numberOf = (value: number | null) => (value === null ? 'no data' : Number(value.toFixed(1)).toString())

/** How the changes of a stream flow, as its commits tell them: from when they were begun and merged. */
export function changesTold(flow: ChangesView, end: string, { colour, table }: Output): readonly string[] {
  const { repositories, changes, reached, doubtful, before, fromBegun, fromMerged, batch, unresolved, trunk, efficiency, released } = flow
  const lead = ({ p50, p85, p95 }: ChangesView['fromBegun']) =>
    `p50 ${colour.bold(time(p50.value))} (95 %: ${limit(p50.low)} – ${limit(p50.high)}), p85 ${time(p85.value)}, p95 ${time(p95.value)}`
  const doubts = [
    ...(doubtful === 0 ? [] : [`${doubtful} of them perhaps earlier: a deployment is missing`]),
    ...(before === 0 ? [] : [`${before} left out that were there before the record begins`]),
    ...(unresolved === 0 ? [] : [`${unresolved} deployments of no known commit`]),
  ]
  // With flags the way goes on until users have it.
  const { stages } = released ?? flow
  const ways = Math.max(...stages.map(({ changes }) => changes), 0)
  const rows = stages.map(({ from, to, changes, ms, working, waiting, share, p50, p95 }) => [
    `  ${from} → ${to}`,
    colour.cyan('█'.repeat(Math.round((share ?? 0) * 24)) || '▏'),
    share === null ? '' : `${Math.round(share * 100)} % of all hours`,
    `p50 ${time(p50)}`,
    `p95 ${time(p95)}`,
    colour.dim([...spentTold({ ms, working, waiting }), ...(changes === ways ? [] : [`of ${changes}`])].join(', ')),
  ])
  return [
    `changes        ${changes} merged into ${repositories.join(', ')}, ${reached} of them reached ${end}`,
    ...(changes === 0 ? [] : [`  from begun   ${lead(fromBegun)}`, `  from merged  ${lead(fromMerged)}`]),
    ...(released === undefined ? [] : releasedTold(released, lead)),
    ...trunkTold(trunk),
    ...(batch.deployments === 0 ? [] : [`  a deployment ${broughtBy(batch)}`]),
    `  efficiency   ${efficiencyTold(efficiency)}`,
    ...(doubts.length === 0 ? [] : [colour.dim(`  ${doubts.join('; ')}`)]),
    ...(rows.length === 0
      ? []
      : [
          '',
          table(rows),
          colour.dim(
            `  of the changes that ${released === undefined ? 'arrived' : 'users got'}; the parts of each sum exactly to the time it took`,
          ),
        ]),
    ...(released === undefined ? [] : [colour.dim(`  released: ${released.definition}`)]),
    ...(efficiency === null ? [] : [colour.dim(`  efficiency: ${efficiency.definition}`)]),
  ]
}

const percent = (share: number) => `${Math.round(share * 100)} %`

/** Nothing where nobody knows. */
function spentTold({ ms, working, waiting }: Pick<ChangesView['stages'][number], 'ms' | 'working' | 'waiting'>): readonly string[] {
  const unknown = ms - working - waiting
  if (ms === 0 || unknown === ms) return []
  const parts = [
    ['worked', working],
    ['waited', waiting],
    ['not known', unknown],
  ] as const
  return parts.flatMap(([name, part]) => (part === 0 ? [] : [`${name} ${percent(part / ms)}`]))
}

type Released = NonNullable<ChangesView['released']>

/** When users got them, and how long flags hid those that they hide. */
function releasedTold({ lost, ...released }: Released, lead: (of: Released['fromBegun']) => string): readonly string[] {
  const { hidden, arrived, withdrawn, killed, withdrawnNow } = released
  const isAre = (count: number) => (count === 1 ? 'is' : 'are')
  const back = [
    ...(killed === 0 ? [] : [`${killed} by the kill switch`]),
    ...(withdrawnNow === 0 ? [] : [`${withdrawnNow} ${isAre(withdrawnNow)} off now`]),
  ]
  return [
    ...(hidden === 0
      ? []
      : [
          `  to users     ${lead(released.fromBegun)}`,
          `  behind flags ${hidden} of them: ${arrived} reached ${released.in}, ${released.released} released, ${released.whole} to all`,
        ]),
    ...(arrived === 0 ? [] : [`    to first   ${lead(released.toFirst)}`, `    to all     ${lead(released.toAll)}`]),
    ...(withdrawn === 0 ? [] : [`    taken back ${withdrawn}${back.length === 0 ? '' : `: ${back.join(', ')}`}`]),
    ...(lost.length === 0 ? [] : [`  no change    is found on the trunk as ${lost.join(', ')} ${lost.length === 1 ? 'calls' : 'call'} it`]),
  ]
}

function efficiencyTold(efficiency: ChangesView['efficiency']): string {
  if (efficiency === null) return 'no data: nothing says which part of the time was work'
  const { share, low, high, known, changes } = efficiency
  const limits = low === null || high === null ? '' : ` (95 %: ${percent(low)} – ${percent(high)})`
  return `${percent(share)} work${limits}, of the ${percent(known)} of the time in which it is known, of ${changes} changes`
}

function trunkTold({ perWeek, days, longestPause, branchAge, open }: ChangesView['trunk']): readonly string[] {
  const age = branchAge === null ? '' : `; ${time(branchAge.p50)} old when they were at p50, ${time(branchAge.p95)} at p95`
  const [oldest] = open?.oldest ?? []
  return [
    `  the trunk    ${perWeek.toFixed(1)} merged a week, on ${days} days, at most ${time(longestPause)} without${age}`,
    ...(oldest === undefined
      ? []
      : [
          `  beside it    ${open!.total} branches, the oldest ${oldest.name.slice(0, 60).toWellFormed()}, begun ${time(oldest.ageMs)} before`,
        ]),
  ]
}

function broughtBy({ changes, commits, lines, oldest }: ChangesView['batch']): string {
  const size = lines.p50 === null ? '' : `, ${numberOf(lines.p50)} lines`
  const age = oldest.p50 === null ? '' : `; its oldest was ${time(oldest.p50)} old`
  return `p50 ${numberOf(changes.p50)} changes, ${numberOf(commits.p50)} commits${size}${age} (largest: ${numberOf(changes.max)} changes, ${numberOf(commits.max)} commits)`
}

const head = ['CHANGE', 'COMMITS', 'LINES', 'BEGUN', 'MERGED', 'REACHED', 'CARRIED BY', 'TOOK', 'SUBJECT']
const headReleased = [...head.slice(0, -1), 'RELEASED', 'FLAG', ...head.slice(-1)]

export function changeRows(rows: NonNullable<ChangesView['rows']>, end: string, { table }: Output): string {
  const isHiding = rows.some(({ release }) => release !== undefined)
  const shown = rows.map(({ commit, subject, commits, lines, begun, merged, reached, by, doubt, release }) => {
    const came = reached[end] ?? null
    return [
      commit.slice(0, 12),
      String(commits),
      lines === null ? '' : String(lines),
      begun.slice(0, 16),
      merged.slice(0, 16),
      came === null ? 'not yet' : came.slice(0, 16),
      `${by ?? ''}${doubt === null ? '' : ' ?'}`,
      came === null ? '' : formatDuration(Math.max(0, Date.parse(came) - Date.parse(begun))),
      ...(release === undefined ? [] : releaseCells(release)),
      subject.slice(0, 60).toWellFormed(),
    ]
  })
  return table([isHiding ? headReleased : head, ...shown])
}

function releaseCells({ flags, first, whole, withdrawn }: NonNullable<NonNullable<ChangesView['rows']>[number]['release']>) {
  if (flags.length === 0) return [first === null ? 'not yet' : 'with it', '']
  const back = withdrawn.at(-1)
  const now = back?.until === null ? `, ${back.killed ? 'killed' : 'off'} since ${back.since.slice(0, 16)}` : ''
  const part = first !== null && whole === null ? ', not to all' : ''
  const times = withdrawn.length > 0 && now === '' ? `, taken back ${withdrawn.length === 1 ? 'once' : `${withdrawn.length} times`}` : ''
  return [first === null ? 'not yet' : `${first.slice(0, 16)}${part}${times}${now}`, flags.join(', ')]
}
