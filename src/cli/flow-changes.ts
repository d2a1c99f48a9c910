import type { ChangesView } from '../flow/measures/schemas.ts'
import { formatDuration } from '../kernel/duration.ts'
import type { Output } from './output.ts'

const time = (ms: number | null) => (ms === null ? 'never' : formatDuration(ms))
const limit = (ms: number | null) => (ms === null ? '?' : formatDuration(ms))
const numberOf = (value: number | null) => (value === null ? 'no data' : Number(value.toFixed(1)).toString())

/** How the changes of a stream flow, as its commits tell them: from when they were begun and merged. */
export function changesTold(flow: ChangesView, end: string, { colour, table }: Output): readonly string[] {
  const { repositories, changes, reached, doubtful, before, fromBegun, fromMerged, stages, batch, unresolved, trunk, efficiency } = flow
  const lead = ({ p50, p85, p95 }: ChangesView['fromBegun']) =>
    `p50 ${colour.bold(time(p50.value))} (95 %: ${limit(p50.low)} – ${limit(p50.high)}), p85 ${time(p85.value)}, p95 ${time(p95.value)}`
  const doubts = [
    ...(doubtful === 0 ? [] : [`${doubtful} of them perhaps earlier: a deployment is missing`]),
    ...(before === 0 ? [] : [`${before} left out that were there before the record begins`]),
    ...(unresolved === 0 ? [] : [`${unresolved} deployments of no known commit`]),
  ]
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
    ...trunkTold(trunk),
    ...(batch.deployments === 0 ? [] : [`  a deployment ${broughtBy(batch)}`]),
    `  efficiency   ${efficiencyTold(efficiency)}`,
    ...(doubts.length === 0 ? [] : [colour.dim(`  ${doubts.join('; ')}`)]),
    ...(rows.length === 0
      ? []
      : ['', table(rows), colour.dim('  of the changes that arrived; the parts of each sum exactly to the time it took')]),
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

export function changeRows(rows: NonNullable<ChangesView['rows']>, end: string, { table }: Output): string {
  const shown = rows.map(({ commit, subject, commits, lines, begun, merged, reached, by, doubt }) => {
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
      subject.slice(0, 60).toWellFormed(),
    ]
  })
  return table([head, ...shown])
}
