import type { CouplingView, PairWorks } from '../flow/measures/coupling/schemas.ts'
import { invalid } from '../kernel/errors.ts'
import { withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { spanTold } from './last-heard.ts'
import type { Output } from './output.ts'
import { nothingTold, windowQuery, type TeamFlags, type WindowFlags } from './flow-window.ts'

export type CouplingFlags = ConnectFlags &
  WindowFlags &
  TeamFlags & { readonly json: boolean; readonly csv: boolean; readonly minutes?: number; readonly by?: CouplingView['by'] }

/** What is deployed, or changed, together; of two streams the pieces of work that touched both. */
export async function coupling(this: CliContext, flags: CouplingFlags, a?: string, b?: string): Promise<void> {
  if (a !== undefined) return pairWorks.call(this, flags, a, b)
  const query = windowQuery(flags)
  if (flags.by !== undefined) query.set('by', flags.by)
  if (flags.minutes !== undefined) query.set('minutes', String(flags.minutes))
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.csv) return output.passOn(await api.table(`/api/coupling?${query}`))
    const view = await api.get<CouplingView>(`/api/coupling?${query}`)
    if (flags.json) return output.json(view)
    if (view.by === 'deployment' && view.environment === null) return output.say(nothingTold(flags))
    const { since, until } = view
    const window = since === null || until === null ? [] : [output.colour.dim(spanTold({ since, until }))]
    output.result([...window, pairsTold(view, output), '', output.colour.dim(noteOf(view))].join('\n'))
  })
}

function pairsTold({ by, rows }: CouplingView, output: Output): string {
  if (rows.length === 0) return `no two are ${by === 'deployment' ? 'deployed' : 'changed'} together more often than by chance`
  const isOwned = rows.some(({ teamA, teamB }) => teamA !== null || teamB !== null)
  const told = rows.map((one) => [
    `${one.a} + ${one.b}`,
    ...(isOwned ? [teamsTold(one, output)] : []),
    String(one.together),
    `${one.timesA} and ${one.timesB} of ${one.times}`,
    `${Math.round(one.confidenceA * 100)} and ${Math.round(one.confidenceB * 100)} %`,
    one.lift.toFixed(1),
    one.p < 0.0001 ? '< 0.0001' : one.p.toFixed(4),
  ])
  return output.table([['PAIR', ...(isOwned ? ['TEAMS'] : []), 'TOGETHER', 'TIMES', 'CONFIDENCE', 'LIFT', 'P'], ...told])
}

/** What the numbers mean, and what is not in them. */
function noteOf({ by, environment, looked, minutes, mass, named }: CouplingView): string {
  const where = {
    deployment: `Within ${minutes} min, to ${environment}`,
    change: 'In one change of a repository that both are a part of',
    work: 'In one piece of work, by changes of different repositories that name one ticket, issue or request, or each other',
  }[by]
  const done = by === 'deployment' ? 'deployed' : 'changed'
  const note = `${where}; of ${looked} pairs with 3 times or more those with p below 0.01, corrected for their number. Confidence: of the times of each, so many with the other. Times in which a fifth of all streams were ${done} are left out: ${mass}.`
  if (named === null) return note
  const common = named.common.length === 0 ? '' : ` Named by more than a quarter, and left out: ${named.common.join(', ')}.`
  return `${note} ${named.named} of ${named.changes} changes belong to ${named.works} pieces of work; of the others nothing is known.${common}`
}

async function pairWorks(this: CliContext, flags: CouplingFlags, a: string, b: string | undefined): Promise<void> {
  if (b === undefined)
    throw invalid('STREAM_MISSING', {
      message: `with which other value stream "${a}" is changed together is not said`,
      help: `say both: \`threeways flow coupling ${a} STREAM\`; or none, and all pairs are listed`,
    })
  const unmeant = Object.entries({ by: flags.by === 'work' ? undefined : flags.by, to: flags.to, team: flags.team, minutes: flags.minutes })
  const [first] = unmeant.filter(([, value]) => value !== undefined)
  if (first !== undefined)
    throw invalid('FLAG_NOT_MEANT', {
      message: `of "${a}" and "${b}" the pieces of work that touched both are shown, and --${first[0]} says nothing of them`,
      help: `leave --${first[0]} out`,
    })
  const query = windowQuery(flags)
  query.set('a', a)
  query.set('b', b)
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.csv) return output.passOn(await api.table(`/api/coupling/works?${query}`))
    const view = await api.get<PairWorks>(`/api/coupling/works?${query}`)
    if (flags.json) return output.json(view)
    if (view.rows.length === 0) return output.say(`no piece of work touched both ${a} and ${b} in that time`)
    const told = view.rows.map(({ work, stream, merged, repository, commit, subject }, at) => [
      work === view.rows[at - 1]?.work ? '' : work,
      merged.slice(0, 10),
      stream,
      `${repository}@${commit.slice(0, 12)}`,
      subject,
    ])
    const note = `Pieces of work that touched both: ${view.works}, the newest first. Changes are of one that name one ticket, issue or request, or each other.`
    output.result(
      [
        output.colour.dim(spanTold(view)),
        output.table([['WORK', 'MERGED', 'STREAM', 'COMMIT', 'SUBJECT'], ...told]),
        '',
        output.colour.dim(note),
      ].join('\n'),
    )
  })
}

/** Two teams that must deploy together wait for each other. */
function teamsTold({ teamA, teamB }: CouplingView['rows'][number], { colour }: Output): string {
  const told = `${teamA ?? 'nobody'} + ${teamB ?? 'nobody'}`
  if (teamA === null && teamB === null) return ''
  return teamA === teamB ? colour.dim(teamA!) : teamA === null || teamB === null ? told : colour.yellow(told)
}
